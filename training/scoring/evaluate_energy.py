"""The energy scorer on a real home (UCI household, `$METERFLOW_DATA/energy-household`): false alarms and faults found.

    python -m training.scoring.evaluate_energy [--places 40] [--seed 7] [--rules]

The home's own rows have no labels: every alert on them is counted as a false alarm. Faults of known kind and size are
then put in at random times after the third day, each into a copy of the series, scored from the state that the scorer
had there. Beside it, in the same run, fixed thresholds and a running three-sigma rule.
"""

import argparse
import csv
import math
import os
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from meterflow.scoring.energy import EnergyScorer
from meterflow.scoring.energy_row import EnergyRow
from training.scoring.energy_faults import Injection, injections

DATA = Path(os.environ.get("METERFLOW_DATA", Path(__file__).parents[3] / "shared" / "data"))
HOUSEHOLD = "energy-household/household_power_consumption_first_days.txt"
_LEARNING_S = 86400.0
_PLACES_FROM_S = 3 * 86400.0
_SNAPSHOT_ROWS = 240

# The measurements that a device may give: everything, a plug without a power factor, a meter's consumption alone.
COLUMNS: dict[str, tuple[str, ...]] = {
    "kW, V, A, power factor": ("energy_consumption", "voltage", "current", "power_factor"),
    "kW, V, A": ("energy_consumption", "voltage", "current"),
    "kW, V": ("energy_consumption", "voltage"),
    "kW": ("energy_consumption",),
}


def read(path: Path) -> list[EnergyRow]:
    """The home's rows: kW, volts, amperes, and the power factor kW / hypot(kW, kvar). Missing minutes are left out."""
    rows = []
    with path.open(newline="") as file:
        for line in csv.DictReader(file, delimiter=";"):
            if "?" in line.values() or "" in line.values():
                continue
            when = datetime.strptime(f"{line['Date']} {line['Time']}", "%d/%m/%Y %H:%M:%S").replace(tzinfo=UTC)
            active, reactive = float(line["Global_active_power"]), float(line["Global_reactive_power"])
            factor = active / math.hypot(active, reactive) if active > 0.0 else None
            rows.append(EnergyRow(when, active, float(line["Voltage"]), float(line["Global_intensity"]), factor))
    return rows


def resample(rows: Sequence[EnergyRow], minutes: int) -> list[EnergyRow]:
    """Means over `minutes`, as a slower device would send them."""
    buckets: dict[int, list[EnergyRow]] = {}
    for row in rows:
        buckets.setdefault(int(row.timestamp.timestamp() // (60 * minutes)), []).append(row)
    return [_mean(bucket) for bucket in buckets.values()]


def _mean(rows: Sequence[EnergyRow]) -> EnergyRow:
    def of(name: str) -> float | None:
        known = [getattr(row, name) for row in rows if getattr(row, name) is not None]
        return math.fsum(known) / len(known) if known else None

    return EnergyRow(rows[0].timestamp, *map(of, ("energy_consumption", "voltage", "current", "power_factor")))


def only(rows: Sequence[EnergyRow], columns: tuple[str, ...]) -> list[EnergyRow]:
    """The rows with these measurements and no others."""
    absent = [name for name in COLUMNS["kW, V, A, power factor"] if name not in columns]
    return [replace(row, **dict.fromkeys(absent)) for row in rows]


class FixedThresholds:
    """What a monitoring rule without history does: 230 V +- 10 %, 9 kW, 45 A, power factor 0.7; consumption of 0."""

    def alert(self, row: EnergyRow) -> bool:
        """Whether the row breaks one of them."""
        return (
            (row.voltage is not None and not 207.0 <= row.voltage <= 253.0)
            or (row.energy_consumption is not None and not 0.0 < row.energy_consumption <= 9.0)
            or (row.current is not None and row.current > 45.0)
            or (row.power_factor is not None and row.power_factor < 0.7)
        )


@dataclass
class ThreeSigma:
    """A running mean and deviation of each measurement (a day's memory); alert beyond three deviations."""

    means: dict[str, tuple[float, float]] = field(default_factory=dict)
    rows: int = 0

    def alert(self, row: EnergyRow) -> bool:
        """Whether the row is beyond; learns it."""
        self.rows += 1
        weight, beyond = max(1.0 / self.rows, 1.0 / 1440.0), False
        for name in COLUMNS["kW, V, A, power factor"]:
            value = getattr(row, name)
            if value is None:
                continue
            mean, variance = self.means.get(name, (value, 0.0))
            beyond |= self.rows > 60 and abs(value - mean) > 3.0 * math.sqrt(variance)
            step = value - mean
            self.means[name] = (mean + weight * step, (1.0 - weight) * (variance + weight * step * step))
        return beyond


@dataclass(frozen=True, slots=True)
class Quiet:
    """The scorer over the untouched series."""

    alarms: list[str]
    days: float
    snapshots: list[dict[str, object]]


def untouched(rows: Sequence[EnergyRow], make: Callable[[], EnergyScorer]) -> Quiet:
    """Score all; alarms of the first day are not counted, as the scorer is learning. A state each _SNAPSHOT_ROWS."""
    scorer, alarms, snapshots = make(), [], []
    start = rows[0].timestamp.timestamp()
    for number, row in enumerate(rows):
        if number % _SNAPSHOT_ROWS == 0:
            snapshots.append(scorer.to_item())
        verdict = scorer.observe(row)
        if verdict.alert and row.timestamp.timestamp() - start >= _LEARNING_S:
            alarms.append(f"{row.timestamp:%d %H:%M} {verdict.reason}")
    days = (rows[-1].timestamp.timestamp() - start - _LEARNING_S) / 86400.0
    return Quiet(alarms, days, snapshots)


def found_after(
    rows: Sequence[EnergyRow], fault: Injection, place: int, quiet: Quiet, make: Callable[..., EnergyScorer]
) -> int | None:
    """In which row of the fault (1 is its first) an alert comes; None for never. Two rows after it still count."""
    begin = place // _SNAPSHOT_ROWS
    scorer = make(quiet.snapshots[begin])
    for row in rows[begin * _SNAPSHOT_ROWS : place]:
        scorer.observe(row)
    for number, row in enumerate(rows[place : place + fault.rows + 2], 1):
        changed = fault.change(row, rows[place - 1]) if number <= fault.rows else row
        if scorer.observe(changed).alert:
            return number
    return None


def baseline(rows: Sequence[EnergyRow], alert: Callable[[EnergyRow], bool]) -> tuple[int, list[bool]]:
    """Alarm episodes (an hour of calm ends one) after the first day, and each row's alert."""
    episodes, last, marks = 0, -math.inf, []
    start = rows[0].timestamp.timestamp()
    for row in rows:
        at = row.timestamp.timestamp()
        marks.append(alert(row))
        if marks[-1]:
            episodes += at - last > 3600.0 and at - start >= _LEARNING_S
            last = at
    return episodes, marks


def median(values: Sequence[int]) -> str:
    """The middle one, as text."""
    return str(sorted(values)[len(values) // 2]) if values else "-"


def evaluate(rows: Sequence[EnergyRow], title: str, places: int, seed: int, rules: bool) -> None:
    """Print the tables of one series."""
    span = (rows[-1].timestamp - rows[0].timestamp).total_seconds()
    interval = span / (len(rows) - 1)
    faults = injections(3600.0 / interval)
    first = round(_PLACES_FROM_S / interval)
    draw = random.Random(seed)
    spots = sorted(draw.randrange(first, len(rows) - round(86400.0 / interval) - 3) for _ in range(places))

    def make(item: dict[str, object] | None = None) -> EnergyScorer:
        if item is None:
            return EnergyScorer(None) if rules else EnergyScorer()
        return EnergyScorer.from_item(item, None) if rules else EnergyScorer.from_item(item)

    print(f"\n## {title}: {len(rows)} rows, {places} places each")
    for name, columns in COLUMNS.items():
        series = only(rows, columns)
        quiet = untouched(series, make)
        print(f"\n{name}: {len(quiet.alarms)} false alarms in {quiet.days:.1f} days", end="")
        for title_, alert in (("fixed thresholds", FixedThresholds().alert), ("three sigma", ThreeSigma().alert)):
            print(f"; {title_} {baseline(series, alert)[0]}", end="")
        print()
        for alarm in quiet.alarms:
            print(f"    {alarm}")
        print("| fault | found | median row | fixed thresholds | three sigma |\n|---|---|---|---|---|")
        for fault in faults:
            if any(need not in columns for need in fault.needs):
                continue
            after = [found_after(series, fault, spot, quiet, make) for spot in spots]
            hits = [row for row in after if row is not None]
            rivals = [
                _rival(series, fault, spots, lambda: FixedThresholds().alert, 1),
                _rival(series, fault, spots, lambda: ThreeSigma().alert, 1440),
            ]
            print(f"| {fault.name} | {len(hits)}/{places} | {median(hits)} | {rivals[0]} | {rivals[1]} |")


def _rival(
    rows: Sequence[EnergyRow],
    fault: Injection,
    spots: Sequence[int],
    make: Callable[[], Callable[[EnergyRow], bool]],
    before: int,
) -> str:
    """How often a baseline alerts in the fault, given `before` rows to learn."""
    hits = 0
    for spot in spots:
        alert = make()
        for row in rows[max(spot - before, 0) : spot]:
            alert(row)
        hits += any(alert(fault.change(row, rows[spot - 1])) for row in rows[spot : spot + fault.rows])
    return f"{hits}/{len(spots)}"


def main() -> None:
    """Print everything."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--places", type=int, default=40)
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--rules", action="store_true", help="without the model")
    arguments.add_argument("--minutes", type=int, nargs="*", default=[1, 15, 60], help="rows as means over so many")
    chosen = arguments.parse_args()
    rows = read(DATA / HOUSEHOLD)
    for minutes in chosen.minutes:
        series = rows if minutes == 1 else resample(rows, minutes)
        evaluate(series, f"every {minutes} min", chosen.places, chosen.seed, chosen.rules)


if __name__ == "__main__":
    main()
