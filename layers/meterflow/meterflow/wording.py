"""Numbers, times and reasons as a language writes them.

Meter values keep every digit they have: they are what is on the dial. Sources: CLDR 46, number and date patterns of
`en` (GB order of day and month) and `es`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_EN_MONTHS = "January February March April May June July August September October November December"
_ES_MONTHS = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"


@dataclass(frozen=True)
class _Style:
    group: str
    point: str
    months: tuple[str, ...]
    date: str
    # Spanish leaves numbers of four digits whole.
    group_from: int


_STYLES = {
    "en": _Style(",", ".", tuple(_EN_MONTHS.split()), "{day} {month} {year} at {time}", 4),
    "es": _Style(".", ",", tuple(_ES_MONTHS.split()), "{day} de {month} de {year} a las {time}", 5),
}


def number(value: str, locale: str) -> str:
    """The decimal string `value` with the locale's separators: `1234.560` is `1,234.560`. Leading zeros go.

    Anything that is not a plain decimal comes back unchanged: a message shows what was submitted.
    """
    style = _STYLES[locale]
    sign, digits = ("-", value[1:]) if value.startswith("-") else ("", value)
    whole, dot, decimals = digits.partition(".")
    if not (whole.isascii() and whole.isdigit()) or (dot and not (decimals.isascii() and decimals.isdigit())):
        return value
    whole = whole.lstrip("0") or "0"
    if len(whole) >= style.group_from:
        whole = f"{int(whole):,}".replace(",", style.group)
    return f"{sign}{whole}{style.point if dot else ''}{decimals}"


def unit(code: str) -> str:
    """The unit as people write it: `m³` for the wire's `m3`."""
    return {"m3": "m³"}.get(code, code)


def moment(at: datetime, timezone: str, locale: str) -> str:
    """`at` as people in `timezone` say it, with the zone's short name: `20 November 2026 at 09:00 CET`."""
    # UTC is known without the time zone database, which a small system may lack.
    local = at.astimezone(UTC if timezone == "UTC" else ZoneInfo(timezone))
    style = _STYLES[locale]
    words = style.date.format(
        day=local.day, month=style.months[local.month - 1], year=local.year, time=f"{local:%H:%M}"
    )
    return f"{words} {local:%Z}"


def day(at: datetime, locale: str) -> str:
    """The day of `at` in UTC without its year: `14 November`, `14 de noviembre`."""
    utc = at.astimezone(UTC)
    between = " de " if locale == "es" else " "
    return f"{utc.day}{between}{_STYLES[locale].months[utc.month - 1]}"


def explain(codes: Iterable[str], sentences: Mapping[str, str]) -> list[str]:
    """One sentence for each reason code that `sentences` knows, without repeats, else the one named "unknown".

    A code that is new, or only for engineers, never leaves a person without a reason.
    """
    known = dict.fromkeys(sentences[code] for code in codes if code in sentences)
    return list(known) or [sentences["unknown"]]
