"""What a person's decision does to earlier readings: the same as the rules would have done, where it still holds.

When a reading is doubted, the rules keep what follows for earlier submissions once it is accepted (its validation's
`earlier`). A person may accept it days later and with another value, so each consequence is looked at again.
"""

from collections.abc import Sequence
from decimal import Decimal

from meterflow.clock import from_text
from meterflow.meter import Meter
from meterflow.reading import Reading
from meterflow.vee import FALSE_HIGH, Earlier, Known


def stored_earlier(reading: Reading) -> tuple[Earlier, ...]:
    """What the rules found to follow once `reading` is accepted; empty where nothing was kept."""
    kept = (reading.validation or {}).get("earlier") or ()
    return tuple(Earlier(str(one["submission_id"]), str(one["status"]), str(one["reason"])) for one in kept)


def still_follows(
    stored: Sequence[Earlier], meter: Meter, taken_at: str, value: Decimal, *, confirmed: bool, history: Sequence[Known]
) -> tuple[Earlier, ...]:
    """Those of `stored` that follow now that a person accepts `value` of `taken_at`.

    `history` are the accepted readings before it, newest first. A false high is withdrawn where it still stands above
    `value` and nothing has explained it since: no exchange of the meter on record between the two, no other accepted
    reading before that stands above `value` as well, and no later one that reaches the high. The rest was
    concluded from the value as it was sent, so it follows only where that was `confirmed`.
    """
    named = {one.submission_id for one in stored if one.reason == FALSE_HIGH}
    high = {one.submission_id: one for one in history if one.submission_id in named}
    base = next((one for one in history if one.submission_id not in named and not one.estimated), None)
    in_order = base is None or base.value <= value
    moment = from_text(taken_at)

    def false(one: Known) -> bool:
        exchanged = any(one.moment < from_text(change.exchanged_at) <= moment for change in meter.exchanges)
        return in_order and one.value > value and not exchanged and not _reached_since(meter, one, taken_at)

    return tuple(
        one
        for one in stored
        if (one.reason != FALSE_HIGH and confirmed) or (one.submission_id in high and false(high[one.submission_id]))
    )


def _reached_since(meter: Meter, high: Known, taken_at: str) -> bool:
    """Whether the meter's latest reading is a true one, later than `taken_at`, and stands at the high or above."""
    latest = meter.latest
    if latest is None or latest.taken_at <= taken_at or latest.quality == "estimated":
        return False
    return Known(latest.value, latest.taken_at).value >= high.value
