"""AnnounceModel: tell the bus what became of a training. One that broke gives its claim back, so it may begin anew."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import ids
from meterflow.adapters import bus, claims
from meterflow.contracts.model_training import AnnounceModelInput, AnnounceModelResult
from meterflow.observability import step
from meterflow.training_data import training_id

FAILED = "failed"


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """At least once; listeners know a repetition by its `event_id`."""
    request = AnnounceModelInput.model_validate(event)
    event_id = ids.derived_id("model", request.kind, request.cut, request.state, request.version or "")
    detail = request.payload()
    del detail["holder"]
    bus.publish("ModelChanged", {"event_id": event_id, **detail})
    if request.state == FAILED:
        claims.give_back(training_id(request.kind, request.cut), request.holder)
    return AnnounceModelResult(event_id=event_id, state=request.state).payload()
