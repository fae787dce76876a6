"""The report of `python -m training.scoring.nab`: our score beside the published ones, and what people are told."""

import argparse
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from meterflow.scoring.series import ALERT_DECADES, SeriesScorer
from meterflow.scoring.series_episode import CALM_ROWS, Episode
from training.scoring import nab
from training.scoring.nab import Labelled, Profile

# From NAB's own table (numenta/NAB, README): standard, low false positives, low false negatives; all 58 series.
PUBLISHED = (
    ("ARTime", 74.9, 65.1, 80.4),
    ("HTM", 70.5, 62.6, 75.2),
    ("CAD OSE", 69.9, 67.0, 73.2),
    ("KNN-CAD", 58.0, 43.4, 64.8),
    ("random cut forest", 51.7, 38.4, 59.7),
)
# What the halves choose between.
DECADES = (3.2, 3.4, 3.6, 3.8, 4.0, 4.2, 4.4)
CALMS = (50, 100, 200)


@dataclass(frozen=True, slots=True)
class Told:
    """Labelled windows found by alerts, of how many; alerted rows outside windows, of how many rows."""

    found: int
    windows: int
    false: int
    outside: int


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description="NAB's score of the plain-series detector.")
    parser.add_argument("--data", type=Path, default=data_folder() / "nab")
    parser.add_argument("--series", action="store_true", help="what each series gets, too")
    options = parser.parse_args()
    corpus, profiles = nab.load_corpus(options.data), nab.load_profiles(options.data)
    started = time.perf_counter()
    found = scored(corpus)
    seconds = time.perf_counter() - started
    rows = sum(len(each.values) for each in corpus)
    print(f"{len(corpus)} series, {rows:,} rows, {1e6 * seconds / rows:.0f} us a row")
    _print_scores(corpus, profiles, found.scores, found.alerts)
    told = counted(corpus, found.alerts)
    print(
        f"alerts: {told.found} of {told.windows} labelled windows found ({told.found / told.windows:.0%}, goal 80 %),"
    )
    print(
        f"  {told.false} alerted rows outside of {told.outside:,}: "
        f"{1000 * told.false / told.outside:.2f} in 1,000 (goal < 2)"
    )
    _print_halves(corpus, profiles, found.rarity)
    if options.series:
        for each in corpus:
            one = counted([each], found.alerts)
            print(f"  {each.name:<60} windows {one.found} of {one.windows}, false rows {one.false}")


def data_folder() -> Path:
    """METERFLOW_DATA, or `shared/data` beside the checkout."""
    return Path(os.environ.get("METERFLOW_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))


@dataclass(frozen=True, slots=True)
class Scored:
    """By series: every row's score, its alert as 1 or 0, and its rarity in decades."""

    scores: dict[str, list[float]]
    alerts: dict[str, list[float]]
    rarity: dict[str, list[float]]


def scored(corpus: Sequence[Labelled]) -> Scored:
    """Every series through a scorer of its own."""
    result = Scored({}, {}, {})
    for each in corpus:
        scorer = SeriesScorer()
        scores, alerts, rarity = [], [], []
        for at, value in zip(each.times, each.values, strict=True):
            verdict = scorer.observe((at.replace(tzinfo=UTC), value))
            scores.append(verdict.score)
            alerts.append(float(verdict.alert))
            rarity.append(scorer.decades)
        result.scores[each.name], result.alerts[each.name], result.rarity[each.name] = scores, alerts, rarity
    return result


def _print_scores(
    corpus: Sequence[Labelled], profiles: Sequence[Profile],
    scores: Mapping[str, Sequence[float]], alerts: Mapping[str, Sequence[float]],
) -> None:  # fmt: skip
    print(f"{'':<38}" + "".join(f"{profile.name:>20}" for profile in profiles))
    best = [nab.best_threshold(corpus, scores, profile) for profile in profiles]
    print(f"{'ours, at the best threshold':<38}" + "".join(f"{score:20.1f}" for _, score in best))
    print(f"{'  (threshold)':<38}" + "".join(f"{threshold:20.3f}" for threshold, _ in best))
    own = [nab.at_threshold(corpus, alerts, profile, 1.0) for profile in profiles]
    print(f"{'ours, alerts only':<38}" + "".join(f"{score:20.1f}" for score in own))
    for name, *published in PUBLISHED:
        print(f"{name + ' (published, all 58)':<38}" + "".join(f"{score:20.1f}" for score in published))


def counted(corpus: Sequence[Labelled], alerts: Mapping[str, Sequence[float]]) -> Told:
    found = windows = false = outside = 0
    for each in corpus:
        table = nab.marks(len(each.values), each.windows)
        rows = range(each.probation, len(each.values))
        told = [table.window[row] for row in rows if alerts[each.name][row]]
        found += len(set(told) - {-1})
        windows += table.windows
        false += told.count(-1)
        outside += sum(table.window[row] < 0 for row in rows)
    return Told(found, windows, false, outside)


def _print_halves(
    corpus: Sequence[Labelled], profiles: Sequence[Profile], rarity: Mapping[str, Sequence[float]]
) -> None:
    """Alert's constants chosen on every other series, scored on the rest, and the other way round."""
    standard = next(profile for profile in profiles if profile.name == "standard")
    alerts = {(at, calm): alerts_at(rarity, at, calm) for at in DECADES for calm in CALMS}
    ordered = sorted(corpus, key=lambda each: each.name)
    total = 0.0
    for chosen_on, reported_on in ((ordered[::2], ordered[1::2]), (ordered[1::2], ordered[::2])):
        at, calm = max(alerts, key=lambda setting: nab.at_threshold(chosen_on, alerts[setting], standard, 1.0))
        score = nab.at_threshold(reported_on, alerts[at, calm], standard, 1.0)
        told = counted(reported_on, alerts[at, calm])
        total += score * told.windows
        print(
            f"constants of one half ({at} decades, {calm} rows) on the other: standard {score:.1f}, "
            f"{told.found} of {told.windows} windows, {1000 * told.false / told.outside:.2f} false rows in 1,000"
        )
    windows = sum(len(each.windows) for each in corpus)
    print(f"both halves together: standard {total / windows:.1f} (shipped: {ALERT_DECADES} decades, {CALM_ROWS} rows)")


def alerts_at(rarity: Mapping[str, Sequence[float]], alert_decades: float, calm_rows: int) -> dict[str, list[float]]:
    """Alerts as 1 and 0 with other constants."""
    found = {}
    for name, decades in rarity.items():
        episode = Episode(alert_decades, calm_rows)
        found[name] = [float(episode.observe(each)[1]) for each in decades]
    return found
