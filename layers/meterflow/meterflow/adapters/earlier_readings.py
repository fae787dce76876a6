"""Earlier readings that an accepted one confirms, refutes or withdraws: which they are, and telling of them."""

from meterflow import ids, settlement
from meterflow.adapters import bus, meters, readings, review_withdrawal, task_tokens
from meterflow.errors import BrokenInvariant
from meterflow.meter import Meter
from meterflow.reading import Reading, parse_value
from meterflow.review_earlier import still_follows, stored_earlier
from meterflow.vee import FALSE_HIGH, Earlier, known

# As many as the rules looked at.
MOST_HISTORY = 120


def following(reading: Reading, value: str, *, confirmed: bool) -> tuple[Earlier, ...]:
    """What becomes of earlier submissions when a person accepts `value` for `reading`."""
    stored = stored_earlier(reading)
    meter = meters.get(reading.meter_id) if stored else None
    if meter is None:
        return ()
    before = [known(one) for one in readings.history(reading.meter_id, MOST_HISTORY, before=reading.taken_at)]
    return still_follows(stored, meter, reading.taken_at, parse_value(value), confirmed=confirmed, history=before)


def tell(reading: Reading, meter: Meter | None) -> list[str]:
    """Tell of the submissions that settled with `reading`, and end the reviews that they waited in.

    Each event has the id that a person's decision would have: whichever comes, its submitter hears it once. Safe to
    repeat. Returns the events' names.
    """
    for submission_id in reading.resolved:
        earlier = readings.get(submission_id)
        if earlier is None:
            raise BrokenInvariant("a resolved submission is gone")
        token = review_withdrawal.withdraw(submission_id)
        if token:
            task_tokens.answer(token, {"decision": "SETTLED"})
        event_id = ids.derived_id(submission_id, "withdrawn" if FALSE_HIGH in earlier.reasons else "decided")
        bus.publish("ReadingSettled", settlement.reading_settled(earlier, meter, event_id))
    return ["ReadingSettled"] * len(reading.resolved)
