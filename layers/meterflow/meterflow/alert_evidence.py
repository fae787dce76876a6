"""What an alarm is made of, whoever scored: findings for its sentence, the trend in words, the chart, the model."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import median

from pydantic import BaseModel, ConfigDict, Field

from meterflow import wording
from meterflow.alert_chart import MOST_POINTS, Chart, ChartPoint
from meterflow.alert_types import AlertType, Subject, alert_type_of
from meterflow.clock import from_text, to_text
from meterflow.consumption import MAD_TO_DEVIATION, Interval, RegisterReading
from meterflow.explanation import Findings, Named, sentence
from meterflow.rate_anomaly import Basis
from meterflow.trend import Point, in_words, times

# A chart of a meter's rates: half a year of weekly readings and the same again.
MOST_INTERVALS = 52
# Findings that one use is enough for, and how much of the rest is shown as their cause.
SUDDEN = frozenset({"burst", "spike", "drop", "roll_back", "vacant_use"})
LASTING = timedelta(days=1)
FEWEST_DAYS_FOR_BAND = 3
# A sensor's expected band: so many robust spreads around the median of its earlier rows, a spread being no smaller than
# this share of it.
BAND = Decimal(3)
LEAST_SPREAD = Decimal("0.01")
FEWEST_FOR_BAND = 8


class Evidence(BaseModel):
    """What the alarm says beside its level. `probabilities` 0 to 1 by what they are of (`leak`, `burst`, `fire`, …)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    alert_type: AlertType
    findings: Findings
    trend: str
    chart: Chart | None = None
    probabilities: dict[str, float] = Field(default_factory=dict)


def of_rate(
    meter_id: str, subject: Subject, alert_type: AlertType, reason: str, unit: str, basis: Basis,
    probabilities: Mapping[str, float],
) -> Evidence:  # fmt: skip
    """The evidence of a meter's rate: the readings around its newest interval, the rates before it, their usual."""
    newest, usual = basis.newest, basis.normal.median
    shown = (*basis.earlier, newest)[-MOST_INTERVALS:]
    points = [Point(each.end.taken_at, each.rate) for each in shown]
    trend = in_words(points, usual)
    findings = Findings(
        subject=subject,
        alert_type=alert_type,
        reason=reason,
        readings=(_register(newest.start), _register(newest.end)),
        trend=trend,
        unit=unit,
        used=f"{newest.used.normalize():f}",
        times_usual=times(newest.rate / usual) if usual > 0 else None,
    )
    chart = Chart(
        title=meter_id,
        unit=f"{wording.unit(unit)} a day",
        points=tuple(_bar(each, basis) for each in shown),
        cause=(len(shown) - 1,),
        description=f"{sentence(findings, 'operator')} Expected: {_short(basis.low)} to {_short(basis.high)} a day.",
    )
    return Evidence(
        alert_type=alert_type, findings=findings, trend=trend, chart=chart, probabilities=dict(probabilities)
    )


def of_uses(
    meter_id: str, subject: Subject, found: str, reason: str, unit: str, rows: Sequence[tuple[str, Decimal]],
    probabilities: Mapping[str, float],
) -> Evidence:  # fmt: skip
    """The evidence of a meter that is read often: `rows` are `(time, register)`, oldest first, the last one scored.

    A burst or a jump is its last use; everything else lasted, and the last day is shown for it. What is usual is the
    rate up to then. Raises ValueError where no two rows have a use between them.
    """
    every = [
        Interval(RegisterReading(before, from_text(since)), RegisterReading(after, from_text(at)), after - before)
        for (since, before), (at, after) in pairwise(rows)
        if after >= before and at > since
    ]
    uses = every[-MOST_POINTS:]
    if not uses:
        raise ValueError("a meter's alarm needs a use between two readings")
    begins = uses[-1].end.taken_at - LASTING
    lasting = [place for place, each in enumerate(uses) if each.start.taken_at >= begins]
    lasts = bool(lasting) and found not in SUDDEN
    cause = lasting if lasts else [len(uses) - 1]
    days = sum((uses[place].days for place in cause), Decimal(0))
    used = sum((uses[place].used for place in cause), Decimal(0))
    before_it = every[: len(every) - len(uses) + cause[0]]
    usual = _mean_rate(before_it)
    alert_type = alert_type_of(found, subject)
    trend = in_words(_day_by_day(every) if lasts else [Point(each.end.taken_at, each.rate) for each in uses], usual)
    findings = Findings(
        subject=subject,
        alert_type=alert_type,
        reason=reason,
        readings=(_register(uses[cause[0]].start), _register(uses[-1].end)),
        trend=trend,
        unit=unit,
        used=f"{used.normalize():f}",
        times_usual=times(used / days / usual) if usual else None,
    )
    chart = Chart(
        title=meter_id,
        unit=f"{wording.unit(unit)} a day",
        points=_hours_beside_their_past(uses, before_it),
        cause=tuple(cause),
        description=sentence(findings, "operator"),
    )
    return Evidence(
        alert_type=alert_type, findings=findings, trend=trend, chart=chart, probabilities=dict(probabilities)
    )


def _hours_beside_their_past(uses: Sequence[Interval], before_it: Sequence[Interval]) -> tuple[ChartPoint, ...]:
    """A bar for each use; expected is what was between the least and the most at the same hour of earlier days."""
    by_hour: dict[int, list[Decimal]] = {}
    for each in before_it:
        by_hour.setdefault(each.end.taken_at.hour, []).append(_figures(each.rate))
    points = []
    for each in uses:
        past = by_hour.get(each.end.taken_at.hour, [])
        low, high = (min(past), max(past)) if len(past) >= FEWEST_DAYS_FOR_BAND else (None, None)
        start, end = to_text(each.start.taken_at), to_text(each.end.taken_at)
        points.append(ChartPoint(since=start, at=end, value=_figures(each.rate), low=low, high=high))
    return tuple(points)


def _day_by_day(uses: Sequence[Interval]) -> list[Point]:
    """The rate of each stretch of LASTING that ends with the newest use, oldest first."""
    days: dict[int, list[Interval]] = {}
    newest = uses[-1].end.taken_at
    for each in uses:
        days.setdefault((newest - each.end.taken_at) // LASTING, []).append(each)
    return [Point(of[-1].end.taken_at, _mean_rate(of) or Decimal(0)) for _, of in sorted(days.items(), reverse=True)]


def _mean_rate(uses: Sequence[Interval]) -> Decimal | None:
    """What was used a day over `uses`, None of none. Frequent uses are mostly nothing, so their median says little."""
    days = sum((each.days for each in uses), Decimal(0))
    return sum((each.used for each in uses), Decimal(0)) / days if days else None


def of_sensor(
    sensor_id: str, subject: Subject, found: str, reason: str, rows: Sequence[tuple[str, Mapping[str, float]]],
    probabilities: Mapping[str, float],
) -> Evidence:  # fmt: skip
    """The evidence of a sensor's row: `rows` are `(time, measurements by name)`, oldest first, the last one scored.

    What is shown is the measurement that lies furthest outside what it was before. Raises ValueError without any.
    """
    name = _most_unusual(rows)
    series = [(at, Decimal(str(values[name]))) for at, values in rows if name in values][-MOST_POINTS:]
    past = [value for _, value in series[:-1]]
    usual, spread = _usual(past) if len(past) >= FEWEST_FOR_BAND else (None, Decimal(0))
    trend = in_words([Point(from_text(at), value) for at, value in series], usual)
    alert_type = alert_type_of(found, subject)
    what, unit = _name_and_unit(name)
    last_at, last = series[-1]
    findings = Findings(
        subject=subject,
        alert_type=alert_type,
        reason=reason,
        readings=(Named(what=name, value=f"{last:f}", at=last_at, unit=unit),),
        trend=trend,
    )
    low, high = (None, None) if usual is None else (_figures(usual - BAND * spread), _figures(usual + BAND * spread))
    chart = Chart(
        title=sensor_id,
        unit=f"{what}, {unit}" if unit else what,
        points=tuple(ChartPoint(at=at, value=_figures(value), low=low, high=high) for at, value in series),
        cause=(len(series) - 1,),
        description=sentence(findings, "operator"),
    )
    return Evidence(
        alert_type=alert_type, findings=findings, trend=trend, chart=chart, probabilities=dict(probabilities)
    )


def _register(reading: RegisterReading) -> Named:
    return Named(what="register", value=f"{reading.value:f}", at=to_text(reading.taken_at))


def _bar(each: Interval, basis: Basis) -> ChartPoint:
    return ChartPoint(
        since=to_text(each.start.taken_at), at=to_text(each.end.taken_at), value=_figures(each.rate),
        low=_figures(basis.low), high=_figures(basis.high),
    )  # fmt: skip


def _figures(value: Decimal) -> Decimal:
    """Six places are more than a chart shows, and DynamoDB takes 38 figures at most."""
    return value.quantize(Decimal("0.000001"))


def _short(value: Decimal) -> str:
    return f"{_figures(value).normalize():.3g}"


def _most_unusual(rows: Sequence[tuple[str, Mapping[str, float]]]) -> str:
    """The name of the newest row's measurement that lies most spreads off its own past."""
    newest = rows[-1][1] if rows else {}
    if not newest:
        raise ValueError("a sensor's alarm needs a row with measurements")

    def distance(name: str) -> Decimal:
        past = [Decimal(str(values[name])) for _, values in rows[:-1] if name in values]
        if not past:
            return Decimal(0)
        middle, spread = _usual(past)
        return abs(Decimal(str(newest[name])) - middle) / spread

    return max(newest, key=distance)


def _usual(past: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    """The median and one robust spread of earlier values, which the rows of the event itself move little."""
    middle = median(past)
    spread = MAD_TO_DEVIATION * median([abs(value - middle) for value in past])
    return middle, max(spread, LEAST_SPREAD * abs(middle), Decimal("0.000001"))


def _name_and_unit(name: str) -> tuple[str, str]:
    """A measurement's name in words and its unit, as the document's names end in it: `pressure_bar`."""
    units = {"bar": "bar", "lps": "l/s", "c": "°C", "ppm": "ppm", "kw": "kW", "kwh": "kWh"}
    what, _, end = name.rpartition("_")
    return (what.replace("_", " "), units[end]) if what and end in units else (name.replace("_", " "), "")
