"""DrawChart: the alarm's readings as a small chart, once for the site and once for e-mail."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from picture_file import png

from meterflow.adapters import alerts, charts
from meterflow.alert import chart_key
from meterflow.alert_chart import svg
from meterflow.contracts.anomaly_scoring import DrawChartInput, DrawChartResult
from meterflow.observability import step


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Draw from what the alarm's row holds, so that a chart can be drawn again whenever it is wanted."""
    request = DrawChartInput.model_validate(event)
    alert = alerts.get(request.alert_id)
    if alert is None or alert.chart is None:
        return DrawChartResult(outcome="NOTHING_TO_DRAW").payload()
    key = chart_key(alert.alert_id)
    charts.put(key, svg(alert.chart), png(alert.chart))
    # The link comes last: who finds it finds both files.
    alerts.set_chart(alert.alert_id, key)
    return DrawChartResult(outcome="DRAWN", chart_key=key).payload()
