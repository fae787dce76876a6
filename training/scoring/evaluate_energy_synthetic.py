"""The energy scorer on generated devices that no training has seen: what is found of each cause, and false alarms.

    python -m training.scoring.evaluate_energy_synthetic [--devices 60] [--seed 9001] [--rules]

An alert counts for a cause from its first row to two rows after its last. Synthetic: `evaluate_energy` has a real home.
"""

import argparse
from collections import Counter
from itertools import groupby

from meterflow.scoring.energy import EnergyScorer
from training.scoring.evaluate_energy import FixedThresholds
from training.scoring.generate_energy import device


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--devices", type=int, default=60)
    arguments.add_argument("--seed", type=int, default=9001)
    arguments.add_argument("--rules", action="store_true", help="without the model")
    chosen = arguments.parse_args()
    happened, found, fixed, false, days, words = Counter[str](), Counter[str](), Counter[str](), Counter[str](), 0.0, []
    for number in range(chosen.devices):
        one = device(chosen.seed, number)
        scorer, threshold = (EnergyScorer(None) if chosen.rules else EnergyScorer()), FixedThresholds()
        verdicts = [scorer.observe(row) for row in one.rows()]
        crude = [threshold.alert(row) for row in one.rows()]
        days += len(one) * one.minutes / 1440.0
        place, claimed = 0, set[int]()
        for cause, group in groupby(map(str, one.cause)):
            length = len(list(group))
            if cause:
                happened[cause] += 1
                span = range(place, min(place + length + 2, len(one)))
                claimed |= set(span)
                found[cause] += any(verdicts[at].alert for at in span)
                fixed[cause] += any(crude[at] for at in span)
            place += length
        for at, verdict in enumerate(verdicts):
            if verdict.alert and at not in claimed:
                false[verdict.kind] += 1
                words.append(f"{one.device_id} every {one.minutes} min, row {at}: {verdict.reason}")
    print("| cause | found | fixed thresholds |\n|---|---|---|")
    for cause in sorted(happened):
        print(f"| {cause} | {found[cause]}/{happened[cause]} | {fixed[cause]}/{happened[cause]} |")
    print(f"\n{sum(false.values())} false alarms in {days:.0f} device days: {dict(false.most_common())}")
    print("\n".join(words[:40]))


if __name__ == "__main__":
    main()
