"""`python -m training.scoring.homes`: leaks found in real homes, how late, at what cost in alarms; the promise kept.

Half of the homes (by seed) calibrate the threshold, the other half are judged: every leak is put into homes that the
threshold has never seen. The 24 h and 48 h continuous-flow rules run on the same rows. Then the budget: promised
alarms a week against achieved ones, on absent homes, over 30 seeds.
"""

import argparse
import random
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import timedelta
from statistics import mean

from meterflow.scoring.budget import Budget, Threshold
from training.scoring.homes_data import Home, data_folder, load_homes
from training.scoring.homes_trial import RULES, HomeTrial, LeakTrial, try_home
from training.scoring.leaks import NO_LEAK, SHAPES, Leak

SIZES = (2.0, 5.0, 10.0, 20.0, 40.0)
# A leak starts after two months of habit and leaves three weeks to be found.
HABIT = timedelta(days=60)
LEFT = timedelta(days=22)
DAYS_A_MONTH = 30.44
PROMISES = (0.25, 0.5, 1.0, 2.0, 4.0)


def leaks_for(home: Home, seed: int, sizes: Sequence[float] = SIZES) -> list[Leak]:
    """A leak of each size and shape, from one random hour of the home's year on."""
    chance = random.Random(f"{seed} {home.name}")
    first, last = home.intervals[0].start, home.intervals[-1].end
    starts = [each.start for each in home.intervals if first + HABIT < each.start < last - LEFT]
    if not starts:
        return []
    start = chance.choice(starts)
    leaks = [Leak(start, size, shape, chance.randrange(2**31)) for shape in SHAPES for size in sizes]
    return [Leak(start, 0.0, NO_LEAK, 0), *leaks]


def halves(trials: Sequence[HomeTrial], seed: int) -> tuple[list[HomeTrial], list[HomeTrial]]:
    """Homes to calibrate on, and homes to be judged on."""
    mixed = list(trials)
    random.Random(seed).shuffle(mixed)
    return mixed[: len(mixed) // 2], mixed[len(mixed) // 2 :]


def threshold_of(calibration: Sequence[HomeTrial], alarms_a_week: float, meters: int) -> Threshold:
    """What the budget says for a fleet of `meters`, from the calibration homes' own weeks."""
    peaks = {trial.home.name: trial.peaks for trial in calibration}
    return Budget(alarms_a_week, meters).calibrate(peaks)


def alarms_a_week(trials: Sequence[HomeTrial], alarm_at: float) -> float:
    """All alarms of these homes together in a week, on their own rows (whether a real leak caused them or not)."""
    return sum(len(trial.quiet.alarms(alarm_at)) / (trial.home.days / 7) for trial in trials)


def delays(values: Iterable[float | None]) -> str:
    """Share found, median and 90th percentile of the hours to the alarm over all leaks; `-` where it was never told."""
    hours = sorted(float("inf") if value is None else value for value in values)
    found = sum(value < float("inf") for value in hours)
    return f"{found / len(hours):5.0%} {_hours(hours, 0.5)} {_hours(hours, 0.9)}"


def _hours(ordered: Sequence[float], share: float) -> str:
    value = ordered[min(len(ordered) - 1, int(share * len(ordered)))]
    return "    -" if value == float("inf") else f"{value:5.0f}"


def detection_table(trials: Sequence[HomeTrial], alarm_at: float) -> list[str]:
    """One line for each shape and size: found, median and p90 hours, of ours and of each rule."""
    lines = [f"{'leak':<16} {'l/h':>4}  {'ours':>17}  {'24 h rule':>17}  {'48 h rule':>17}"]
    all_leaks = [leak for trial in trials for leak in trial.leaks]
    for shape in (NO_LEAK, *SHAPES):
        for size in sorted({each.leak.size for each in all_leaks}):
            some = [each for each in all_leaks if each.leak.shape == shape and each.leak.size == size]
            if some:
                lines.append(f"{shape:<16} {size:4g}  {_line(some, alarm_at)}")
    real = [each for each in all_leaks if each.leak.shape != NO_LEAK]
    lines.append(f"{'all':<16} {'':>4}  {_line(real, alarm_at)}")
    return lines


def _line(leaks: Sequence[LeakTrial], alarm_at: float) -> str:
    ours = delays(each.delay_hours(alarm_at) for each in leaks)
    return "  ".join([ours, *(delays(each.rules[hours] for each in leaks) for hours in RULES)])


def alarm_lines(trials: Sequence[HomeTrial], alarm_at: float) -> list[str]:
    """Alarms a home and month on the homes' own rows, which hold real leaks that nobody labelled."""
    months = sum(trial.home.days for trial in trials) / DAYS_A_MONTH
    ours = sum(len(trial.quiet.alarms(alarm_at)) for trial in trials) / months
    rules = [sum(len(trial.rule_alarms[hours]) for trial in trials) / months for hours in RULES]
    return [f"alarms a home and month: ours {ours:.3f}, 24 h rule {rules[0]:.3f}, 48 h rule {rules[1]:.3f}"]


def promise_table(trials: Sequence[HomeTrial], seeds: int) -> list[str]:
    """Promised against achieved alarms a week on absent homes, over `seeds` splits."""
    lines = [f"{'promised':>8}  {'achieved':>8}  {'range':>11}  {'kept in':>9}  threshold"]
    for promise in PROMISES:
        achieved, thresholds = [], []
        for seed in range(seeds):
            calibration, absent = halves(trials, seed)
            threshold = threshold_of(calibration, promise, len(absent))
            thresholds.append(threshold.value)
            achieved.append(alarms_a_week(absent, threshold.value))
        kept = sum(value <= promise for value in achieved)
        lines.append(
            f"{promise:8g}  {mean(achieved):8.2f}  {min(achieved):4.2f} - {max(achieved):4.2f}  {kept:3d} of {seeds}"
            f"  {min(thresholds):.1f} - {max(thresholds):.1f}"
        )
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.scoring.homes", description=__doc__)
    parser.add_argument("--seed", type=int, default=7, help="which half calibrates, where leaks start")
    parser.add_argument("--alarms", type=float, default=0.5, help="budget: alarms a week of the absent homes together")
    parser.add_argument("--seeds", type=int, default=30, help="splits for the promise")
    chosen = parser.parse_args(arguments)
    if not (data_folder() / "water-homes").is_dir():
        print(f"no water-homes in {data_folder()}: set METERFLOW_DATA", file=sys.stderr)
        return 2
    homes, began = load_homes(data_folder()), time.monotonic()
    absent_names = {home.name for home in _second_half(homes, chosen.seed)}
    trials = []
    for number, home in enumerate(homes, 1):
        leaks = leaks_for(home, chosen.seed) if home.name in absent_names else []
        trials.append(try_home(home, leaks))
        print(f"\rhome {number} of {len(homes)}, {time.monotonic() - began:.0f} s", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    calibration, absent = halves(trials, chosen.seed)
    threshold = threshold_of(calibration, chosen.alarms, len(absent))
    print(
        f"{len(homes)} homes; threshold {threshold.value:.1f} from {len(calibration)} homes, {threshold.weeks} weeks,"
    )
    print(f"for at most {chosen.alarms:g} alarms a week in {len(absent)} absent homes.\n")
    print("Leaks in absent homes: found within 21 days, median and p90 hours to the alarm.")
    print("\n".join(detection_table(absent, threshold.value)))
    print("\n".join(alarm_lines(absent, threshold.value)))
    print(f"\nThe promise: alarms a week of all absent homes, {chosen.seeds} seeds.")
    print("\n".join(promise_table(trials, chosen.seeds)))
    return 0


def _second_half(homes: Sequence[Home], seed: int) -> list[Home]:
    mixed = list(homes)
    random.Random(seed).shuffle(mixed)
    return mixed[len(mixed) // 2 :]


if __name__ == "__main__":
    sys.exit(main())
