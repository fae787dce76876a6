"""Real homes' water meters, a year of hours: leaks of known size put in, found how soon, at what cost in alarms.

Every third home, so that the table takes minutes; `python -m training.scoring.homes` has all homes, more sizes, and the
promise of the alarm budget. The others may raise an alarm a home and month, several times what ours does: for each home
the lowest threshold that keeps to it in its own year, chosen in hindsight, which nobody who runs them could do.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from meterflow.scoring.flow import ALARM_AT
from tests.benchmarks.detector_rivals import NAMES, VIEWS, Branch, Rivals, View
from training.scoring import homes, homes_trial, leaks
from training.scoring.homes_data import Home, Interval, load_homes
from training.scoring.homes_trial import RULES, HomeTrial, LeakTrial
from training.scoring.leaks import NO_LEAK, SHAPES, Leak

EVERY = 3
SIZES = (5.0, 20.0)
SEED = 7
ALARMS_A_MONTH = 1.0
# Nobody is told of one meter twice in a week, by whichever detector.
_CALM = timedelta(days=7)
_LEARNED = 60 * 24
_CONTEXT = 24

Delays = list[float | None]


@dataclass(frozen=True, slots=True)
class Column:
    """A detector: its alarms on the homes' own rows, and the hours to each leak's alarm."""

    name: str
    alarms: int
    delays: Delays


def table(folder: Path, rivals: Rivals | None) -> None:
    """Print it."""
    some = load_homes(folder.parent)[::EVERY]
    trials = [homes_trial.try_home(home, _leaks(home)) for home in some]
    put = [leak for trial in trials for leak in trial.leaks if leak.leak.shape != NO_LEAK]
    months = sum(trial.home.days for trial in trials) / homes.DAYS_A_MONTH
    ours = sum(len(trial.quiet.alarms(ALARM_AT)) for trial in trials)
    columns = [Column("Meterflow", ours, [leak.delay_hours(ALARM_AT) for leak in put])]
    for hours in RULES:
        alarms = sum(len(trial.rule_alarms[hours]) for trial in trials)
        columns.append(Column(f"{hours:.0f} h rule", alarms, [leak.rules[hours] for leak in put]))
    if rivals:
        columns += [_best(rivals, name, trials) for name in NAMES]
    print(f"\nwater-homes, {len(trials)} homes, {months:.0f} home-months, {len(put)} leaks of"
          f" {' and '.join(f'{size:g}' for size in SIZES)} l/h put in: found within {homes_trial.LEAK_DAYS:.0f} days,"
          " median hours to the alarm")  # fmt: skip
    print(f"  {'':<22}" + "".join(f"{_short(column.name):>17}" for column in columns))
    print(f"  {'alarms a home, month':<22}" + "".join(f"{column.alarms / months:17.2f}" for column in columns))
    for shape in SHAPES:
        places = [at for at, leak in enumerate(put) if leak.leak.shape == shape]
        print(f"  {shape:<22}" + "".join(f"{_said(column.delays[at] for at in places):>17}" for column in columns))
    print(f"  {'all':<22}" + "".join(f"{_said(column.delays):>17}" for column in columns))


def _leaks(home: Home) -> list[Leak]:
    return [leak for leak in homes.leaks_for(home, SEED, SIZES) if leak.shape != NO_LEAK]


def _short(name: str) -> str:
    return name.removeprefix("PyOD ").removeprefix("river ")


def _said(delays: Iterable[float | None]) -> str:
    """Share found, and the median with those never found last."""
    hours = sorted(math.inf if one is None else one for one in delays)
    middle = hours[len(hours) // 2]
    found = sum(one < math.inf for one in hours) / len(hours)
    return f"{found:.0%} {'-' if middle == math.inf else f'{middle:.0f} h'}"


def _best(rivals: Rivals, name: str, trials: Sequence[HomeTrial]) -> Column:
    """The column with the view that finds more."""
    columns = []
    for view in VIEWS:
        alarms, delays = 0, Delays()
        for trial in trials:
            allowed = round(ALARMS_A_MONTH * trial.home.days / homes.DAYS_A_MONTH)
            own, found = _home(rivals, name, view, trial, allowed)
            alarms += own
            delays += found
        columns.append(Column(name, alarms, delays))
    return max(columns, key=lambda column: sum(one is not None for one in column.delays))


def _home(rivals: Rivals, name: str, view: View, trial: HomeTrial, allowed: int) -> tuple[int, Delays]:
    """Alarms in a home's own year after the days of learning, and the delay of each leak put in."""
    rows = trial.home.intervals
    put = [leak for leak in trial.leaks if leak.leak.shape != NO_LEAK]
    changed = [leaks.with_leak(rows, leak.leak, homes_trial.LEAK_DAYS) for leak in put]
    branches = [_branch(rows, leak, leaking, view) for leak, leaking in zip(put, changed, strict=True)]
    quiet, scores = rivals.scores(name, view(map(_rate, rows)), _LEARNED, branches)
    times = [row.end for row in rows]
    threshold = _threshold(times[_LEARNED:], quiet[_LEARNED:], allowed)
    delays: Delays = []
    for leak, leaking, said, (start, _) in zip(put, changed, scores, branches, strict=True):
        calm = max(0, start - 7 * 24)
        told = _alarms([*times[calm:start], *(row.end for row in leaking)], [*quiet[calm:start], *said], threshold)
        after = [at for at in told if at >= leak.leak.start]
        delays.append((after[0] - leak.leak.start).total_seconds() / 3600 if after else None)
    return len(_alarms(times[_LEARNED:], quiet[_LEARNED:], threshold)), delays


def _branch(rows: Sequence[Interval], leak: LeakTrial, leaking: Sequence[Interval], view: View) -> Branch:
    start = next(at for at, row in enumerate(rows) if row.end > leak.leak.start)
    context = rows[max(0, start - _CONTEXT) : start]
    return start, view(map(_rate, [*context, *leaking]))[len(context) :]


def _rate(row: Interval) -> tuple[datetime, float]:
    return row.end, row.used / max(row.hours, 1 / 60)


def _threshold(times: Sequence[datetime], scores: Sequence[float], allowed: int) -> float:
    """The lowest score above which no more than `allowed` alarms are told, from the highest down."""
    threshold = math.inf
    for score in sorted(set(scores), reverse=True):
        if len(_alarms(times, scores, score)) > allowed:
            break
        threshold = score
    return threshold


def _alarms(times: Sequence[datetime], scores: Sequence[float], threshold: float) -> list[datetime]:
    """When a person is told: above the threshold, and not within a week of the last time."""
    told: list[datetime] = []
    for at, score in zip(times, scores, strict=True):
        if score > threshold and (not told or at - told[-1] >= _CALM):
            told.append(at)
    return told
