"""Recording that a meter was replaced: where its exchange belongs among those on record, and what the meter is then."""

from collections.abc import Sequence

from meterflow.meter import Exchange, Meter

# What of a record was told by whoever recorded it; the rest is ours.
_TOLD = ("exchanged_at", "start_value", "removal_value", "new_serial_number", "digits", "decimals")


def recorded(meter: Meter, exchange: Exchange) -> Exchange | None:
    """The exchange of `meter` on record for the moment of `exchange`, or None."""
    return next((one for one in meter.exchanges if one.exchanged_at == exchange.exchanged_at), None)


def says_the_same(one: Exchange, other: Exchange) -> bool:
    """Whether both tell the same of the same moment."""
    return all(getattr(one, name) == getattr(other, name) for name in _TOLD)


def with_exchange(meter: Meter, exchange: Exchange) -> Meter:
    """`meter` with `exchange` on record, oldest first.

    Where a technician's reading had proven this very new meter before, its record gives way: the moment of the exchange
    and the old meter's last value are known now. The newest exchange says which number and register the meter has.
    """
    proven = next((one for one in meter.exchanges if _proves(one, exchange)), None)
    if proven:
        exchange = exchange.model_copy(update={"submission_id": proven.submission_id})
    rest = [one for one in meter.exchanges if one is not proven]
    first = meter.exchanges[0].old_serial_number if meter.exchanges else meter.serial_number
    ordered = _named(sorted([*rest, exchange], key=lambda one: one.exchanged_at), first)
    now: dict[str, object] = {"exchanges": ordered}
    if ordered[-1].exchanged_at == exchange.exchanged_at:
        now["serial_number"] = exchange.new_serial_number
        now |= {name: value for name in ("digits", "decimals") if (value := getattr(exchange, name)) is not None}
    return meter.model_copy(update=now)


def _proves(one: Exchange, exchange: Exchange) -> bool:
    same = one.new_serial_number == exchange.new_serial_number
    return same and one.submission_id is not None and one.exchanged_at >= exchange.exchanged_at


def _named(ordered: Sequence[Exchange], first: str | None) -> tuple[Exchange, ...]:
    """`ordered`, each with the number of the meter that was taken out, as far as it is known."""
    named: list[Exchange] = []
    for one in ordered:
        before = named[-1].new_serial_number if named else first
        named.append(one.model_copy(update={"old_serial_number": before or one.old_serial_number}))
    return tuple(named)
