"""The 18 series of the Numenta Anomaly Benchmark: the standard score, events found, false rows."""

import math
import time
from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import Path

from meterflow.scoring.series import SeriesScorer
from tests.benchmarks.detector_rivals import NAMES, VIEWS, Rivals, View
from training.scoring import nab
from training.scoring.nab import Labelled, Profile

# Numenta's own table, standard profile, all 58 series, of which these are 18 (NAB README).
PUBLISHED = (("ARTime", 74.9), ("Numenta HTM", 70.1), ("random cut forest", 51.7))
STANDARD = "standard"

Scores = Mapping[str, Sequence[float]]


def table(folder: Path, rivals: Rivals | None) -> None:
    """Print it."""
    corpus = nab.load_corpus(folder)
    profile = next(one for one in nab.load_profiles(folder) if one.name == STANDARD)
    events, rows = sum(len(one.windows) for one in corpus), sum(len(one.values) for one in corpus)
    print(f"\nNAB, {len(corpus)} series, {events} labelled events, {rows:,} rows. One threshold for all, the best one.")
    print(f"  {'detector':<28} {'score':>6} {'events found':>14} {'false rows/1,000':>17} {'us a row':>9}")
    ours, alerts, took = _ours(corpus)
    _line("Meterflow, NAB's threshold", corpus, ours, profile, took)
    _print("Meterflow, alerts as told", _standard(corpus, alerts, profile, 1.0), corpus, alerts, 1.0, None)
    if rivals:
        _rivals(corpus, profile, rivals)
    for name, score in PUBLISHED:
        print(f"  {name + ' (published, 58 series)':<36} {score:4.1f}")


def _rivals(corpus: Sequence[Labelled], profile: Profile, rivals: Rivals) -> None:
    """A line for each of the others, with the view that serves it better."""
    for name in NAMES:
        views = []
        for view in VIEWS:
            started = time.perf_counter()
            found = {one.name: _rival(rivals, name, view, one) for one in corpus}
            views.append((nab.best_threshold(corpus, found, profile)[1], found, time.perf_counter() - started))
        _, found, took = max(views, key=lambda view: view[0])
        _line(name, corpus, found, profile, took)


def _ours(corpus: Sequence[Labelled]) -> tuple[dict[str, list[float]], dict[str, list[float]], float]:
    """Scores, alerts as 1 and 0, and the seconds."""
    scores, alerts, started = {}, {}, time.perf_counter()
    for one in corpus:
        scorer = SeriesScorer()
        said = [
            scorer.observe((at.replace(tzinfo=UTC), value)) for at, value in zip(one.times, one.values, strict=True)
        ]
        scores[one.name] = [verdict.score for verdict in said]
        alerts[one.name] = [float(verdict.alert) for verdict in said]
    return scores, alerts, time.perf_counter() - started


def _rival(rivals: Rivals, name: str, view: View, one: Labelled) -> list[float]:
    return rivals.scores(name, view(zip(one.times, one.values, strict=True)), one.probation)[0]


def _line(name: str, corpus: Sequence[Labelled], scores: Scores, profile: Profile, seconds: float) -> None:
    threshold, score = nab.best_threshold(corpus, scores, profile)
    _print(name, score, corpus, scores, threshold, seconds)


def _print(
    name: str, score: float, corpus: Sequence[Labelled], scores: Scores, threshold: float, seconds: float | None
) -> None:
    found, events, false, quiet = _events(corpus, scores, threshold)
    each = "" if seconds is None else f"{seconds / sum(len(one.values) for one in corpus) * 1e6:9.0f}"
    print(f"  {name:<28} {score:6.1f} {f'{found} of {events}':>14} {1000 * false / quiet:17.2f} {each}")


def _standard(corpus: Sequence[Labelled], scores: Scores, profile: Profile, threshold: float) -> float:
    return nab.at_threshold(corpus, scores, profile, threshold)


def _events(corpus: Sequence[Labelled], scores: Scores, threshold: float) -> tuple[int, int, int, int]:
    """Windows with a detection, windows, detections outside, and scored rows."""
    found = events = false = rows = 0
    for one in corpus:
        told = [at for at in range(one.probation, len(one.values)) if scores[one.name][at] >= threshold < math.inf]
        inside = {number for at in told for number, (first, last) in enumerate(one.windows) if first <= at <= last}
        found += len(inside)
        events += len(one.windows)
        false += sum(not any(first <= at <= last for first, last in one.windows) for at in told)
        rows += len(one.values) - one.probation
    return found, events, false, rows
