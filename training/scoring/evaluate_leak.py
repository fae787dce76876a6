"""What a person would see of the leak scorer: `python -m training.scoring.evaluate_leak --samples 60000 --seed 99`.

Whole sequences through `LeakScorer`, on sensors of a seed that no training saw. An event counts as found where an alert
falls between its first row and its end; an alert of a leak outside all events (and half a day behind each, which is the
memory of the means) is false. The rules alone are printed beside it; the leak document's own features and thresholds
are in `train_leak`'s report.
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import numpy as np

from meterflow.scoring.batch import BatchModel
from meterflow.scoring.leak import BURST_MODEL, LEAK_MODEL, LeakScorer, Look
from meterflow.scoring.leak_features import LeakRow
from meterflow.scoring.model import shipped_bytes
from meterflow.scoring.verdict import SENSOR_FAULT, Verdict
from training.scoring.generate_leak import sensors

AFTER_HOURS = 12.0


@dataclass(slots=True)
class History:
    """Rows of one sensor and its events: (kind, first row, row behind the last)."""

    rows: Sequence[LeakRow]
    hours: float
    events: Sequence[tuple[str, int, int]]
    faults: Sequence[str] = ()
    group: str = "all"


@dataclass(slots=True)
class Tally:
    """What happened over many sensors."""

    events: dict[str, list[float | None]] = field(default_factory=dict)
    """By kind: hours until the first alert, None where it was missed."""
    false: int = 0
    quiet_rows: int = 0
    months: float = 0.0
    fault_rows: dict[str, list[int]] = field(default_factory=dict)
    """By fault: rows, rows that the scorer calls a sensor fault, leak alerts."""
    quiet_faults: int = 0

    def add(self, sequence: History, verdicts: Sequence[Verdict]) -> None:
        """Count one sensor."""
        covered = np.zeros(len(verdicts), dtype=bool)
        after = int(AFTER_HOURS / sequence.hours)
        alerts = [at for at, said in enumerate(verdicts) if said.alert and said.kind != SENSOR_FAULT]
        for kind, first, end in sequence.events:
            covered[first : end + after] = True
            hits = [at for at in alerts if first <= at < end]
            self.events.setdefault(kind, []).append((hits[0] - first) * sequence.hours if hits else None)
        self.false += sum(not covered[at] for at in alerts)
        self.quiet_rows += int((~covered).sum())
        self.months += float((~covered).sum()) * sequence.hours / 720.0
        self.quiet_faults += sum(said.alert and said.kind == SENSOR_FAULT for said in verdicts)
        for at, fault in enumerate(sequence.faults):
            if fault:
                counted = self.fault_rows.setdefault(fault, [0, 0, 0])
                counted[0] += 1
                counted[1] += verdicts[at].kind == SENSOR_FAULT
                counted[2] += verdicts[at].alert and verdicts[at].kind != SENSOR_FAULT

    def report(self) -> dict[str, Any]:
        """The figures."""
        found = {
            kind: {
                "events": len(delays),
                "found": sum(delay is not None for delay in delays),
                "median_hours": round(median([d for d in delays if d is not None] or [float("nan")]), 2),
            }
            for kind, delays in sorted(self.events.items())
        }
        return {
            "events": found,
            "false_alerts": self.false,
            "false_per_sensor_month": round(self.false / self.months, 3) if self.months else None,
            "false_per_1000_rows": round(1000 * self.false / max(1, self.quiet_rows), 3),
            "fault_alerts": self.quiet_faults,
            "faults": {
                fault: {"rows": rows, "called_fault": round(called / rows, 3), "leak_alerts": alerts}
                for fault, (rows, called, alerts) in sorted(self.fault_rows.items())
            },
        }


def verdicts(rows: Sequence[LeakRow], models: tuple[BatchModel, BatchModel] | None) -> list[Verdict]:
    """The scorer's, with the ensembles asked in one batch (None: rules only)."""
    scorer = LeakScorer(None, None)
    if models is None:
        return [scorer.judge(scorer.look(row), None, None) for row in rows]
    first = LeakScorer(None, None)
    looks: list[Look] = [first.look(row) for row in rows]
    said = []
    for model in models:
        vectors = [model.model.vector(look.features or {}) for look in looks]
        said.append(model.probability(np.array(vectors)))
    return [
        scorer.judge(scorer.look(row), float(leak), float(burst)) for row, leak, burst in zip(rows, *said, strict=True)
    ]


def run(sequences: Iterable[History], models: tuple[BatchModel, BatchModel] | None) -> dict[str, Any]:
    """The report over `sequences`, in all and by group."""
    tallies: dict[str, Tally] = {}
    for sequence in sequences:
        said = verdicts(sequence.rows, models)
        for group in {"all", sequence.group}:
            tallies.setdefault(group, Tally()).add(sequence, said)
    return {group: tally.report() for group, tally in sorted(tallies.items())}


def synthetic(seed: int, samples: int) -> Iterable[History]:
    """Generated sensors."""
    for found in sensors(seed, samples):
        events = [(kind, first, end) for kind, first, end, _ in found.events]
        yield History(list(found.rows()), found.hours, events, [str(fault) for fault in found.fault])


def main(arguments: list[str] | None = None) -> None:
    """Print the report of the shipped models beside the rules alone."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--samples", type=int, default=60_000)
    parser.add_argument("--seed", type=int, default=99)
    options = parser.parse_args(arguments)
    kept = list(synthetic(options.seed, options.samples))
    leak, burst = (BatchModel(*shipped_bytes(name)) for name in (LEAK_MODEL, BURST_MODEL))
    print(json.dumps({"models_and_rules": run(kept, (leak, burst)), "rules_only": run(kept, None)}, indent=1))


if __name__ == "__main__":
    main()
