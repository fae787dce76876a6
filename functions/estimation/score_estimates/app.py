"""ScoreEstimates: a true reading has come; say how far the estimates since the one before were off."""

from itertools import takewhile
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock, estimation, vee
from meterflow.adapters import estimates, readings
from meterflow.contracts.estimation import ScoreEstimatesInput, ScoreEstimatesResult
from meterflow.observability import step
from meterflow.reading import Quality, Status, parse_value

# No meter is estimated more often between two true readings.
MOST_BETWEEN = 50


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Score each estimate once, however often the event comes."""
    settled = ScoreEstimatesInput.model_validate(event).detail
    row = readings.get(settled.submission_id)
    if row is None or row.status != Status.ACCEPTED or row.quality == Quality.ESTIMATED:
        return ScoreEstimatesResult(outcome="NOT_TRUE").payload()
    past = readings.history(row.meter_id, MOST_BETWEEN, before=row.taken_at)
    since = list(takewhile(lambda one: one.quality == Quality.ESTIMATED, past))
    if not since or len(since) == len(past):
        return ScoreEstimatesResult(outcome="NOTHING_TO_SCORE").payload()
    before, after = vee.known(past[len(since)]), vee.known(row)
    scored = []
    for one in since:
        if one.estimate is None or one.score is not None:
            continue
        said = estimation.score(one.estimate, parse_value(one.value), clock.from_text(one.taken_at), before, after)
        if said and estimates.store_score(one, said, row.submission_id, clock.now()):
            scored.append(one.submission_id)
    return ScoreEstimatesResult(scored=tuple(scored)).payload()
