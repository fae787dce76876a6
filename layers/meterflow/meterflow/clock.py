"""Times as Meterflow writes them: RFC 3339 in UTC with a trailing Z."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment in UTC. The one place that reads the clock; rules take times as arguments."""
    return datetime.now(UTC)


def to_text(moment: datetime) -> str:
    """`moment` as RFC 3339 UTC, milliseconds kept only where there are any: `2026-11-21T08:00:00Z`.

    Raises ValueError for a time without a zone: guessing one would move a reading by hours.
    """
    if moment.tzinfo is None:
        raise ValueError("time without a zone")
    utc = moment.astimezone(UTC)
    spec = "milliseconds" if utc.microsecond else "seconds"
    return utc.isoformat(timespec=spec).replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """The moment that an RFC 3339 text names. Raises ValueError where it is malformed or has no zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("time without a zone")
    return moment.astimezone(UTC)
