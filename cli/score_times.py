"""Times as files write them. A time without a zone is UTC."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Literal

DateOrder = Literal["dmy", "mdy"]

# Years outside these are slips of a clock or a format, not readings.
FIRST_YEAR, LAST_YEAR = 1900, 2200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"(\d{10}|\d{13})(\.\d+)?")
_CLOCK = (
    r"(?:[T ]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?P<part>[.,]\d+)?)?\s*(?P<half>[AaPp][Mm])?)?"
)
_ZONE = r"\s*(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?"
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})[-/.](?P<b>\d{1,2})[-/.](?P<a>\d{1,2})" + _CLOCK + _ZONE)
_YEAR_LAST = re.compile(r"(?P<a>\d{1,2})(?P<sep>[-/.])(?P<b>\d{1,2})(?P=sep)(?P<year>\d{4})" + _CLOCK + _ZONE)
# So many times with the year first and the file is taken for one that has no other.
_ENOUGH = 100


class NotATime(ValueError):
    """A text that names no moment; the message says why."""


def parse(text: str, order: DateOrder | None = None) -> datetime:
    """The moment that `text` names, in UTC.

    ISO 8601 with `T` or a blank, seconds since 1970 (ten figures) or milliseconds (thirteen), `2016/3/1 0:28`, and
    dates with the year last: with points the day comes first, with `/` or `-` as `order` says.
    """
    try:
        # Thirteen figures would also pass as a day and a time of the middle ages.
        moment = _other(text, order) if text.isdigit() and len(text) > 8 else datetime.fromisoformat(text)
    except NotATime:
        raise
    except ValueError:
        moment = _other(text, order)
    try:
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise NotATime(f"the year of {text!r} is out of range") from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise NotATime(f"the year of {text!r} is out of range")
    return moment


def date_order(texts: Iterable[str]) -> tuple[DateOrder | None, str | None]:
    """How dates with the year last are meant, and an example.

    The order is known as soon as one of them is possible one way only (`13/03/2016`). (None, None): no such dates;
    (None, example): there are, and every one of them could be either.
    """
    example, year_first = None, 0
    for text in texts:
        found = _YEAR_LAST.fullmatch(text)
        if found is None:
            year_first += 1
            if example is None and year_first >= _ENOUGH:
                return None, None
            continue
        if found["sep"] == ".":
            continue
        example = example or text
        first, second = int(found["a"]), int(found["b"])
        if first > 12 >= second:
            return "dmy", text
        if second > 12 >= first:
            return "mdy", text
    return None, example


def _other(text: str, order: DateOrder | None) -> datetime:
    number = _NUMBER.fullmatch(text)
    if number:
        seconds = float(text) / (1000 if len(number[1]) == 13 else 1)
        return _EPOCH + timedelta(seconds=seconds)
    found = _YEAR_FIRST.fullmatch(text)
    if found is None:
        found = _YEAR_LAST.fullmatch(text)
        if found is None:
            raise NotATime(f"{text!r} is not a time")
        if found["sep"] != "." and order is None:
            raise NotATime(f"{text!r} could be day/month or month/day: say --dates dmy or --dates mdy")
        day, month = (found["b"], found["a"]) if found["sep"] != "." and order == "mdy" else (found["a"], found["b"])
    else:
        day, month = found["a"], found["b"]
    try:
        return _moment(found, int(day), int(month))
    except ValueError:
        raise NotATime(f"{text!r} is not a time") from None


def _moment(found: re.Match[str], day: int, month: int) -> datetime:
    hour = int(found["hour"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if found["half"].lower() == "pm" else 0)
    micro = round(float("0." + found["part"][1:]) * 1e6) if found["part"] else 0
    moment = datetime(int(found["year"]), month, day, hour, int(found["minute"] or 0), int(found["second"] or 0))
    moment += timedelta(microseconds=micro)
    zone = found["zone"]
    if not zone:
        return moment
    return moment.replace(tzinfo=datetime.strptime(zone.replace("UTC", "Z"), "%z").tzinfo)
