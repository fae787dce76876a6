"""The fire scorer on generated sensors that no training has seen, beside fixed thresholds in the same run.

    python -m training.scoring.evaluate_fire [--sensors 300] [--seed 9001] [--rules]

A fire is found where an alert of kind `fire` comes while it burns. Every other alert of that kind is false. A broken
sense is found where an alert of kind `sensor_fault` comes while it is broken or in the two rows after. Synthetic only:
no data of real fires with these 18 features is public with a licence that could be used.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from meterflow.scoring.fire import FireScorer
from meterflow.scoring.fire_features import FireRow
from meterflow.scoring.verdict import SENSOR_FAULT
from training.scoring.generate_fire import Sensor, sensor

# A fire below this heat release cannot be asked for.
_LEAST_KW = 2.0


@dataclass
class Count:
    """What one detector found."""

    fires: int = 0
    found: int = 0
    delays: list[float] = field(default_factory=list)
    kilowatts: list[float] = field(default_factory=list)
    false: int = 0
    false_causes: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    hours: float = 0.0

    def take(self, one: Sensor, alerts: Sequence[bool]) -> None:
        """Add a sensor's alerts, one flag a row, true where a person is told."""
        burning = one.kilowatts > 0.0
        quiet_until = one.seconds[burning][0] if burning.any() else one.seconds[-1]
        self.hours += float(quiet_until) / 3600.0
        told = np.flatnonzero(np.asarray(alerts))
        false = [number for number in told if not burning[number]]
        self.false += len(false)
        for number in false:
            self.false_causes[one.fault if one.faulty[number] else "+".join(one.nuisances) or "quiet"] += 1
        if one.kilowatts.max() < _LEAST_KW:
            return
        self.fires += 1
        hits = [number for number in told if burning[number]]
        if hits:
            self.found += 1
            self.delays.append(float(one.seconds[hits[0]] - one.seconds[burning][0]))
            self.kilowatts.append(float(one.kilowatts[hits[0]]))
        else:
            self.missed[one.fire] += 1

    def line(self, name: str) -> str:
        """As a row of a table."""
        delay = f"{np.median(self.delays):.0f} s" if self.delays else "-"
        power = f"{np.median(self.kilowatts):.0f} kW" if self.kilowatts else "-"
        rate = 24.0 * self.false / max(self.hours, 1e-9)
        return (
            f"| {name} | {self.found}/{self.fires} | {delay} | {power} | {self.false} ({rate:.1f} a sensor and day) |"
        )


def starts(alert: Callable[[FireRow], bool], rows: Sequence[FireRow]) -> list[bool]:
    """A threshold's alarms: true where one begins after ten minutes of calm."""
    last, told = -np.inf, []
    for row in rows:
        at, alarming = row.timestamp.timestamp(), alert(row)
        told.append(bool(alarming and at - last > 600.0))
        last = at if alarming else last
    return told


def _above(value: float | None, bound: float) -> bool:
    return value is not None and value > bound


BASELINES: dict[str, Callable[[FireRow], bool]] = {
    "t_max above 60 C": lambda row: _above(row.t_max, 60.0),
    "t_max above 60 C and gas above 1000 ppm": lambda row: _above(row.t_max, 60.0) and _above(row.gas_val, 1000.0),
    "gas above 1500 ppm": lambda row: _above(row.gas_val, 1500.0),
    "t_mean above 57 C (EN 54-5 A1)": lambda row: _above(row.t_mean, 57.0),
}


def main() -> None:
    """Print the tables."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--sensors", type=int, default=300)
    arguments.add_argument("--seed", type=int, default=9001)
    arguments.add_argument("--rules", action="store_true", help="without the model")
    chosen = arguments.parse_args()
    counts = {name: Count() for name in ("meterflow", *BASELINES)}
    faults, faults_found, faults_false = Counter[str](), Counter[str](), 0
    for number in range(chosen.sensors):
        one = sensor(chosen.seed, number)
        rows = list(one.rows())
        scorer = FireScorer(None) if chosen.rules else FireScorer()
        verdicts = [scorer.observe(row) for row in rows]
        counts["meterflow"].take(one, [verdict.alert and verdict.kind == "fire" for verdict in verdicts])
        for name, alert in BASELINES.items():
            counts[name].take(one, starts(alert, rows))
        told = [place for place, verdict in enumerate(verdicts) if verdict.alert and verdict.kind == SENSOR_FAULT]
        near = one.faulty | np.roll(one.faulty, 1) | np.roll(one.faulty, 2)
        faults_false += sum(not near[place] and not one.kilowatts[place] for place in told)
        if one.fault:
            faults[one.fault] += 1
            faults_found[one.fault] += any(near[place] for place in told)
    print("| detector | fires found | after | at | false alarms |\n|---|---|---|---|---|")
    for name, count in counts.items():
        print(count.line(name))
    ours = counts["meterflow"]
    print(f"\nfalse alarms by cause: {dict(ours.false_causes.most_common())}; fires missed: {dict(ours.missed)}")
    found = ", ".join(f"{name} {faults_found[name]}/{total}" for name, total in sorted(faults.items()))
    print(f"sensor faults found: {found}; told where nothing was broken: {faults_false}")


if __name__ == "__main__":
    main()
