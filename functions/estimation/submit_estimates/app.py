"""SubmitEstimates: every night, an estimate for each meter that nobody has read for too long.

An estimate is a submission like any other, with source `estimate`: the rules check it, and a true reading never has to
fit it. One is made for a meter, its last reading and a month, however often this runs.
"""

from datetime import timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock, estimation, ids, vee
from meterflow.adapters import estimates, executions, meters, readings, rule_sets
from meterflow.contracts.estimation import SubmitEstimatesInput, SubmitEstimatesResult
from meterflow.contracts.meter_submission import Submission
from meterflow.meter import Meter
from meterflow.observability import step
from meterflow.reading import Source
from meterflow.settings import setting

MOST_HISTORY = 200
# Enough for one meter's history, estimate and start.
LEAST_MILLISECONDS = 10_000


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Look at every meter that is due. A meter that breaks stops the run; its retry finds what was started."""
    request = SubmitEstimatesInput.model_validate(event)
    moment = clock.from_text(request.time) if request.time else clock.now()
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    limits = rule_sets.current().sets[Source.ESTIMATE].limits
    due_before = clock.to_text(midnight - timedelta(days=float(limits.estimate_after_days)))
    if request.meter_ids:
        chosen = [one for one in map(meters.get, request.meter_ids) if one and one.latest and one.active]
        due = iter([one for one in chosen if one.latest and one.latest.taken_at < due_before])
    else:
        due = estimates.unread_meters(due_before)
    counted = submitted = 0
    outcome = "SUBMITTED"
    for meter in due:
        if context.get_remaining_time_in_millis() < LEAST_MILLISECONDS:
            # What is done is no longer due, so the next run goes on here.
            outcome = "MORE"
            break
        counted += 1
        submission = _submission(meter, clock.to_text(midnight))
        if submission:
            machine = setting("METER_SUBMISSION_STATE_MACHINE_ARN")
            executions.start(machine, submission.submission_id, submission.payload())
            submitted += 1
    return SubmitEstimatesResult(
        outcome=outcome,
        looked_at=len(request.meter_ids) or counted,
        due=counted,
        submitted=submitted,
        without_estimate=counted - submitted,
    ).payload()


def _submission(meter: Meter, taken_at: str) -> Submission | None:
    """The estimate of what the meter shows at `taken_at`, or None where its history says too little."""
    past = [vee.known(one) for one in readings.history(meter.meter_id, MOST_HISTORY, before=taken_at)]
    made = estimation.estimate(meter, past, clock.from_text(taken_at))
    if made is None or meter.latest is None:
        return None
    return Submission(
        submission_id=ids.derived_id("estimate", meter.meter_id, meter.latest.submission_id, taken_at[:7]),
        meter_id=meter.meter_id,
        value=made.text,
        taken_at=taken_at,
        source=Source.ESTIMATE,
        submitted_by=readings.BY_RULES,
        estimate=made.estimate,
    )
