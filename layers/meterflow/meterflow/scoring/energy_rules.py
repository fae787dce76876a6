"""What is wrong with a supply, a load or a meter, by rules that are physics or a standard, each with its own words.

| finding | when | level |
|---|---|---|
| interruption | voltage below 5 % of nominal (EN 50160), while the meter still speaks | HIGH |
| voltage_sag, voltage_swell | outside nominal +-10 % (EN 50160), a step, or outside the supply's own limit | HIGH |
| voltage_swell | above nominal +15 %: appliances break | CRITICAL |
| over_current, consumption_spike | far above the highest ever seen | HIGH |
| tampering | current flows, and much less or nothing is counted | HIGH |
| inconsistent | much more is counted than flows | HIGH |
| power_factor_drop | below all that was seen at such a load | HIGH |
| standby_drop | below the lowest consumption of the last days | MEDIUM, HIGH after 20 minutes in all |
| unusual_consumption | off the own profile of hours for about a day | MEDIUM |
| overheating | far above the device's own temperature, or above 85 C | HIGH |
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from meterflow.risk import RiskLevel
from meterflow.scoring.energy_features import BIN_ROWS, FACTOR_BEYOND, EnergyTracker
from meterflow.scoring.energy_row import EnergyRow, nominal

INTERRUPTION = "interruption"
SAG = "voltage_sag"
SWELL = "voltage_swell"
OVER_CURRENT = "over_current"
SPIKE = "consumption_spike"
TAMPERING = "tampering"
INCONSISTENT = "inconsistent"
FACTOR_DROP = "power_factor_drop"
STANDBY_DROP = "standby_drop"
UNUSUAL = "unusual_consumption"
OVERHEATING = "overheating"

# Rows before which a history says nothing.
VOLTAGE_ROWS = 5
HISTORY_ROWS = 60
# A supply's own limit: six standard deviations, but between 6 and 10 % of its usual voltage.
_OWN_SIGMAS, _OWN_LEAST, _STANDARD = 6.0, 0.06, 0.10
# A step against the last half hour: its own noise eight times, at least 5 % (a home's own loads make 3 %).
_STEP_SIGMAS, _STEP_LEAST = 8.0, 0.05
# A supply that lives near its standard limit is left alone as long as it is near its own level.
_NEAR_OWN = 0.035
_DANGEROUS = 0.15
# How many times the highest so far; of a home known for two days rather more (a new car, a first washing day).
_PEAK_TIMES, _PEAK_MORE, _PEAK_DAYS = 1.6, 1.5, 3.0
_PEAK_HISTORY_S = 86400.0
_UNIT_SIGMAS, _UNIT_LEAST, _UNIT_AT_ONCE = 5.0, 0.4, 1.0
_UNIT_BEYOND = 0.12
# A device whose readings disagree now and then (an ampere of the last second, energy of five minutes) must insist.
_OUTLIERS, _WILD, _OUTLIER_MEMORY = 0.01, 0.003, 1.0 / 1500.0
# Motors in homes have a power factor above a half.
_FACTOR_ROWS, _FACTOR_S, _MOTOR = 3, 7200.0, 0.5
STANDBY_SHARE = 0.65
_STANDBY_S = 1200.0
# Rows in turn that confirm what one row may show by chance: three of fast devices, one where a row is a mean of long.
_CONFIRM = ((300.0, 3), (1200.0, 2))
_OFF_PROFILE = 2.5
_HOT_C, _HOT_RISE_C, _HOT_SIGMAS = 85.0, 30.0, 6.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `rows`: how many rows in turn, and `seconds`: for how long, before a person is told.

    `strength` 0 to 1 becomes the score. `suspects`: the measurements whose history must not learn from this row.
    """

    kind: str
    level: RiskLevel
    strength: float
    words: str
    suspects: tuple[str, ...]
    rows: int = 1
    seconds: float = 0.0


def settled(at: float, tracker: EnergyTracker) -> bool:
    """Whether a load of most sizes has been seen: after two days, or 500 rows of a fast device."""
    return tracker.rows >= 500 or (tracker.rows >= HISTORY_ROWS and at - tracker.first_at >= 2.0 * 86400.0)


def findings(row: EnergyRow, at: float, tracker: EnergyTracker, derived: Mapping[str, float]) -> Iterator[Finding]:
    """All that is wrong with `row`, in no order."""
    yield from _voltage(row, tracker, derived)
    yield from _peaks(row, at, tracker, derived)
    if settled(at, tracker):
        yield from _consistency(row, tracker, derived)
        yield from _factor(row, derived)
    yield from _standby(row, tracker)
    yield from _profile(derived)
    yield from _temperature(row, tracker, derived)


def _strength(value: float, limit: float) -> float:
    """0.6 at the limit, towards 1 at three times of it."""
    return min(0.6 + 0.2 * max(value / limit - 1.0, 0.0), 0.99)


def _voltage(row: EnergyRow, tracker: EnergyTracker, derived: Mapping[str, float]) -> Iterator[Finding]:
    if row.voltage is None or tracker.voltage.rows < VOLTAGE_ROWS:
        return
    usual = tracker.voltage.level
    off_nominal, off_own = derived["nominal_share"] - 1.0, derived["voltage_off"]
    own = min(max(_OWN_SIGMAS * derived["voltage_sigma"], _OWN_LEAST), _STANDARD)
    words = f"voltage {row.voltage:.1f} V, usual {usual:.1f} V, nominal {nominal(usual):g} V"
    if derived["nominal_share"] < 0.05:
        yield Finding(INTERRUPTION, "HIGH", 0.95, f"no supply: {words}", ("voltage",))
        return
    outside = abs(off_nominal) > _STANDARD and abs(off_own) > _NEAR_OWN and off_own * off_nominal > 0.0
    step, step_limit = derived["voltage_step"], max(_STEP_SIGMAS * derived["step_sigma"], _STEP_LEAST)
    stepped = abs(step) > step_limit and step * off_own > 0.0 and abs(off_own) > _NEAR_OWN
    if not outside and not stepped and abs(off_own) <= own:
        return
    over = (abs(off_nominal) / _STANDARD if outside else 0.0, abs(off_own) / own, abs(step) / step_limit)
    strength = _strength(max(over), 1.0)
    percent = f"{100.0 * off_own:+.1f} % off its usual level"
    if off_own < 0.0:
        yield Finding(SAG, "HIGH", strength, f"{words}, {percent}", ("voltage",))
    else:
        level: RiskLevel = "CRITICAL" if off_nominal > _DANGEROUS else "HIGH"
        yield Finding(SWELL, level, strength, f"{words}, {percent}", ("voltage",))


def _peaks(row: EnergyRow, at: float, tracker: EnergyTracker, derived: Mapping[str, float]) -> Iterator[Finding]:
    """Far more than ever: judged once a day has been seen, because every home has its washing day."""
    if tracker.rows < HISTORY_ROWS or at - tracker.first_at < _PEAK_HISTORY_S:
        return
    days = (at - tracker.first_at) / 86400.0
    limit = _PEAK_TIMES + _PEAK_MORE * math.exp(-days / _PEAK_DAYS)
    times = derived.get("current_over_peak", 0.0)
    if row.current is not None and times > limit:
        words = f"current {row.current:.1f} A, highest so far {row.current / times:.1f} A"
        yield Finding(OVER_CURRENT, "HIGH", _strength(times, limit), words, ("current", "consumption"))
        return
    times = derived.get("load_over_peak", 0.0)
    if row.energy_consumption is not None and times > limit:
        words = f"consumption {row.energy_consumption:.3g}, highest so far {row.energy_consumption / times:.3g}"
        yield Finding(SPIKE, "HIGH", _strength(times, limit), words, ("consumption",))


def _consistency(row: EnergyRow, tracker: EnergyTracker, derived: Mapping[str, float]) -> Iterator[Finding]:
    """Consumption against volts x amperes x power factor, in the unit that the history has taught."""
    consumption, current = row.energy_consumption, row.current
    flows = current is not None and current > max(2.0 * tracker.step, 0.05 * max(tracker.amperes.quiet.level, 0.0))
    if consumption == 0.0 and flows and tracker.load.quiet.level > 0.0:
        if row.voltage is None or row.voltage > 0.5 * tracker.voltage.level:
            words = f"nothing is counted while {current:.1f} A flow"
            yield Finding(TAMPERING, "HIGH", 0.9, words, ("consumption", "unit"), rows=2)
        return
    if "unit_octaves" not in derived or derived["unit_rows"] < BIN_ROWS:
        return
    octaves, limit = derived["unit_octaves"], max(_UNIT_SIGMAS * derived["unit_sigma"], _UNIT_LEAST)
    disagree, wild = abs(octaves) > limit, abs(octaves) > max(_UNIT_AT_ONCE, 2.0 * limit)
    weight = max(_OUTLIER_MEMORY, 1.0 / tracker.rows)
    usually_wild = tracker.wild > _WILD
    tracker.outliers += weight * (float(disagree) - tracker.outliers)
    tracker.wild += weight * (float(wild) - tracker.wild)
    if not disagree or abs(derived["unit_beyond"]) < _UNIT_BEYOND:
        return
    rows = 2 * _confirm(tracker) + 1 if tracker.outliers > _OUTLIERS else _confirm(tracker)
    if wild and not usually_wild:
        rows = 1
    share = 100.0 * 2.0**octaves
    words = f"{share:.0f} % of what {row.voltage:.0f} V and {current:.1f} A make is counted"
    kind = TAMPERING if octaves < 0.0 else INCONSISTENT
    yield Finding(kind, "HIGH", _strength(abs(octaves), limit), words, ("consumption", "unit", "current"), rows)


def _confirm(tracker: EnergyTracker) -> int:
    """How many rows in turn confirm a deviation that is not extreme."""
    return next((rows for seconds, rows in _CONFIRM if tracker.interval.level < seconds), 1)


def _factor(row: EnergyRow, derived: Mapping[str, float]) -> Iterator[Finding]:
    if row.power_factor is None or derived.get("factor_rows", 0.0) < BIN_ROWS:
        return
    fall, limit = derived["factor_fall"], max(3.0 * derived["factor_sigma"], 0.1)
    if fall <= limit or derived["factor_beyond"] > -0.05:
        return
    if derived["added_factor"] > _MOTOR:
        return  # what was switched on explains it
    lowest = derived["factor_below_all"] < -FACTOR_BEYOND
    words = f"power factor {abs(row.power_factor):.2f}, usual at such a load {abs(row.power_factor) + fall:.2f}"
    rows = 1 if lowest and fall > 3.0 * limit else _FACTOR_ROWS
    # Lower than at such a load, and yet not lower than all that was seen: a new motor, unless it lasts.
    seconds = 0.0 if lowest else _FACTOR_S
    yield Finding(FACTOR_DROP, "HIGH", _strength(fall, limit), words, ("power_factor", "unit"), rows, seconds)


def _standby(row: EnergyRow, tracker: EnergyTracker) -> Iterator[Finding]:
    """Less than a home's always-on devices used on any of the last days: bypassed, or all unplugged."""
    if row.energy_consumption is None or len(tracker.home.standby) < 2:
        return
    lowest = min(tracker.home.standby)
    if lowest <= 0.0 or row.energy_consumption >= STANDBY_SHARE * lowest:
        return
    words = f"consumption {row.energy_consumption:.3g} is below the lowest of the last days, {lowest:.3g}"
    missing = 1.0 - row.energy_consumption / lowest
    strength = min(0.6 + 0.4 * missing, 0.95)
    level: RiskLevel = "HIGH" if tracker.home.below_standby_s >= _STANDBY_S else "MEDIUM"
    yield Finding(STANDBY_DROP, level, strength, words, ("consumption",))


def _profile(derived: Mapping[str, float]) -> Iterator[Finding]:
    off = derived["off_profile"]
    if abs(off) > _OFF_PROFILE:
        way = "above" if off > 0.0 else "below"
        words = f"for about a day consumption has been {abs(off):.1f} standard deviations {way} its hours' usual level"
        yield Finding(UNUSUAL, "MEDIUM", min(0.4 + 0.05 * abs(off), 0.59), words, ())


def _temperature(row: EnergyRow, tracker: EnergyTracker, derived: Mapping[str, float]) -> Iterator[Finding]:
    if row.temperature is None or tracker.temperature.rows < HISTORY_ROWS:
        return
    rise, limit = derived["temperature_rise"], max(_HOT_SIGMAS * derived["temperature_sigma"], _HOT_RISE_C)
    if rise > limit or (row.temperature > _HOT_C and rise > 5.0):
        words = f"the device is at {row.temperature:.0f} C, usual {row.temperature - rise:.0f} C"
        yield Finding(OVERHEATING, "HIGH", _strength(max(rise, limit), limit), words, ("temperature",), rows=2)
