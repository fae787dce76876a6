"""One home's electricity, every quarter of an hour for eleven days: false alarms, and faults of known size found.

The others' thresholds are the lowest at which they raise no more false alarms than ours, or one a day, whichever is
more: chosen in hindsight, which nobody who runs them could do. A fault counts as found by an alarm in one of its rows
or the two after it.
"""

import math
import random
from collections.abc import Sequence
from pathlib import Path

from meterflow.scoring.energy import EnergyScorer
from meterflow.scoring.energy_row import EnergyRow
from tests.benchmarks.detector_rivals import NAMES, Rivals
from training.scoring import evaluate_energy as energy
from training.scoring.energy_faults import Injection, injections

MINUTES = 15
PLACES = 30
SEED = 7
# What the others learn before the first fault: three days, on which ours raises its alarms already.
_LEARNED_DAYS = 3
_CALM_S = 3600.0
_AFTER = 2
_MEASURES = ("energy_consumption", "voltage", "current", "power_factor")


def table(folder: Path, rivals: Rivals | None) -> None:
    """Print it."""
    rows = energy.resample(energy.read(folder / Path(energy.HOUSEHOLD).name), MINUTES)
    faults = injections(60 / MINUTES)
    draw = random.Random(SEED)
    learned = _LEARNED_DAYS * 24 * 60 // MINUTES
    places = sorted(draw.randrange(learned, len(rows) - 24 * 60 // MINUTES - 3) for _ in range(PLACES))
    quiet = energy.untouched(rows, _scorer)
    columns = {"Meterflow": [len(_found(rows, fault, places, quiet)) for fault in faults]}
    # Ours counts from the second day on; the others are counted where they have learned.
    false = {"Meterflow": len(quiet.alarms)}
    for name, alert in (("fixed thresholds", energy.FixedThresholds()), ("three sigma", energy.ThreeSigma())):
        false[name] = energy.baseline(rows, alert.alert)[0]
        columns[name] = [_by_rule(rows, fault, places, type(alert)) for fault in faults]
    allowed = max(len(quiet.alarms), round(quiet.days))
    for name in NAMES if rivals else ():
        if rivals:
            false[name], columns[name] = _by_rival(rivals, name, rows, faults, places, learned, allowed)
    print(
        f"\nenergy-household, every {MINUTES} min, {len(rows):,} rows;"
        f" each fault at {PLACES} places: how many were found"
    )
    print("  " + f"{'':<44}" + "".join(f"{name.removeprefix('PyOD ').removeprefix('river '):>17}" for name in columns))
    print("  " + f"{f'false alarms in {quiet.days:.0f} days':<44}" + "".join(f"{false[name]:>17}" for name in columns))
    for at, fault in enumerate(faults):
        print("  " + f"{fault.name:<44}" + "".join(f"{columns[name][at]:>17}" for name in columns))
    print("  " + f"{'all':<44}" + "".join(f"{sum(found) / PLACES / len(faults):>17.0%}" for found in columns.values()))


def _scorer(item: dict[str, object] | None = None) -> EnergyScorer:
    return EnergyScorer() if item is None else EnergyScorer.from_item(item)


def _found(rows: Sequence[EnergyRow], fault: Injection, places: Sequence[int], quiet: energy.Quiet) -> list[int]:
    after = [energy.found_after(rows, fault, place, quiet, _scorer) for place in places]
    return [row for row in after if row is not None]


def _by_rule(
    rows: Sequence[EnergyRow],
    fault: Injection,
    places: Sequence[int],
    make: type[energy.FixedThresholds] | type[energy.ThreeSigma],
) -> int:
    hits = 0
    for place in places:
        rule = make()
        for row in rows[:place]:
            rule.alert(row)
        # Every row, though one alert is enough: the rule learns from each.
        hits += max(rule.alert(row) for row in _with_fault(rows, fault, place))
    return hits


def _with_fault(rows: Sequence[EnergyRow], fault: Injection, place: int) -> list[EnergyRow]:
    changed = [fault.change(row, rows[place - 1]) for row in rows[place : place + fault.rows]]
    return [*changed, *rows[place + fault.rows : place + fault.rows + _AFTER]]


def _by_rival(
    rivals: Rivals,
    name: str,
    rows: Sequence[EnergyRow],
    faults: Sequence[Injection],
    places: Sequence[int],
    learned: int,
    allowed: int,
) -> tuple[int, list[int]]:
    """False alarms after its days of learning, and how often each fault is found."""
    branches = [
        (place, _features([rows[place - 1], *_with_fault(rows, fault, place)])[1:])
        for fault in faults
        for place in places
    ]
    quiet, changed = rivals.scores(name, _features(rows), learned, branches)
    threshold = _threshold(rows, quiet, learned, allowed)
    # A fault at which the untouched row would be told as well is not found by that row.
    hits = [any(score > threshold for score in scores) for scores in changed]
    per_fault = [sum(hits[at * len(places) : (at + 1) * len(places)]) for at in range(len(faults))]
    return _episodes(rows, quiet, learned, threshold), per_fault


def _threshold(rows: Sequence[EnergyRow], scores: Sequence[float], learned: int, allowed: int) -> float:
    """The lowest score that is exceeded in no more than `allowed` episodes; trying from the highest down."""
    threshold = math.inf
    for score in sorted(set(scores[learned:]), reverse=True):
        if _episodes(rows, scores, learned, score) > allowed:
            break
        threshold = score
    return threshold


def _episodes(rows: Sequence[EnergyRow], scores: Sequence[float], learned: int, threshold: float) -> int:
    """Alarms after `learned` rows; what follows within an hour belongs to the one before."""
    count, last = 0, -math.inf
    for row, score in zip(rows[learned:], scores[learned:], strict=True):
        at = row.timestamp.timestamp()
        if score > threshold:
            count += at - last > _CALM_S
            last = at
    return count


def _features(rows: Sequence[EnergyRow]) -> list[list[float]]:
    """The four measurements, their steps and the hour."""
    found, before = [], rows[0]
    for row in rows:
        values = [getattr(row, name) or 0.0 for name in _MEASURES]
        steps = [value - (getattr(before, name) or 0.0) for name, value in zip(_MEASURES, values, strict=True)]
        angle = (row.timestamp.hour + row.timestamp.minute / 60) * math.pi / 12
        found.append([*values, *steps, math.sin(angle), math.cos(angle)])
        before = row
    return found
