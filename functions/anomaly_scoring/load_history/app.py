"""LoadHistory: what is known of the meter and the valid readings that its new one is judged by."""

from collections.abc import Sequence
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import tolerance
from meterflow.adapters import meter_memory, meters, readings
from meterflow.clock import from_text
from meterflow.consumption import SCORER, often_enough
from meterflow.contracts.anomaly_scoring import LoadHistoryInput, LoadHistoryResult, PastReading
from meterflow.errors import BrokenInvariant
from meterflow.meter import Exchange
from meterflow.observability import step
from meterflow.reading import Quality, Reading

# More than a year of weekly readings; 200 are some 14 kB of the state's 262 kB.
MOST_READINGS = 200


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Load the meter and its history before the reading. Raises BrokenInvariant where the meter is gone."""
    request = LoadHistoryInput.model_validate(event)
    meter = meters.get(request.meter_id)
    if meter is None:
        raise BrokenInvariant("a recorded reading belongs to a meter that does not exist")
    past = readings.history(request.meter_id, MOST_READINGS, before=request.taken_at)
    memory = meter_memory.load(request.meter_id)
    # An estimate was computed from the history; judging by it would be judging by ourselves.
    mine = of_this_register(
        meter.exchanges, request.taken_at, [each for each in past if each.quality is not Quality.ESTIMATED]
    )
    frequent = often_enough([one.taken_at for one in mine])
    since = max((one.exchanged_at for one in meter.exchanges if one.exchanged_at <= request.taken_at), default=None)
    state = memory.scorers.get(SCORER) if frequent else None
    if state and since and state.newest_at < since:
        state = None
    return LoadHistoryResult(
        kind=meter.kind,
        zone=meter.zone,
        unit=meter.unit,
        capacity=meter.capacity,
        multiplier=meter.multiplier,
        max_daily=meter.max_daily,
        readings=mine,
        # As of the reading's own time: a late one is judged as it would have been then.
        tolerance=tolerance.in_force(memory.tolerance, from_text(request.taken_at)),
        frequent=frequent,
        state=dict(state.content) if state else None,
        state_at=state.newest_at if state else None,
        register_since=since,
    ).payload()


def of_this_register(exchanges: Sequence[Exchange], at: str, past: Sequence[Reading]) -> tuple[PastReading, ...]:
    """The readings of the register that stood there at the moment `at`, newest first, with its first value.

    What another one showed before the meter was exchanged would make a burst or a turn-over of every new meter.
    """
    since = max((one for one in exchanges if one.exchanged_at <= at), key=lambda one: one.exchanged_at, default=None)
    mine = [PastReading(value=one.value, taken_at=one.taken_at) for one in past]
    if since is None:
        return tuple(mine)
    mine = [one for one in mine if one.taken_at >= since.exchanged_at]
    if since.exchanged_at < at and all(one.taken_at > since.exchanged_at for one in mine):
        mine.append(PastReading(value=since.start_value, taken_at=since.exchanged_at))
    return tuple(mine)
