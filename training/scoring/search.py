"""Train one model within a budget: a seeded random search over ensembles, judged on sensors that were left out.

A trial is a choice of settings for every voter of the leak document's ensemble (random forest, gradient boosting,
support vector machine, neural network). Trial 0 takes the middle of every range, the others are drawn. Each is
fitted on three quarters of the sensors and judged by the log loss of the joint vote on the rest: rows of one sensor are
alike, so they are never on both sides. The best is then fitted on everything. The same seed and number of trials give
the same bytes; a budget of seconds may end the search earlier, and the result says after how many trials it did.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler

from training.scoring.export import export
from training.scoring.train_leak import FIT_ROWS, SETTINGS, fit

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

VALIDATION = 0.25
Settings = Mapping[str, Mapping[str, Any]]
"""By voter what `train_leak.SETTINGS` lets it choose."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model file, how it was found, and what it said of the sensors that it was not fitted on when it was chosen."""

    data: bytes
    settings: Settings
    trials: int
    loss: float
    seconds: float
    validation: tuple[Floats, Flags]


def train(
    kind: str,
    names: tuple[str, ...],
    rows: Floats,
    truth: Flags,
    sensors: NDArray[np.str_],
    *,
    seed: int,
    trials: int,
    seconds: float,
    provenance: Mapping[str, Any],
    say: Callable[[str], None] = lambda _line: None,
) -> Trained:
    """Search, fit and export. Raises ValueError where either side of the split lacks events or quiet rows."""
    started = time.monotonic()
    fill = _means(rows)
    whole = np.where(np.isfinite(rows), rows, fill)
    kept = _validation(sensors, truth, seed)
    for side in (truth[kept], truth[~kept]):
        if side.all() or not side.any():
            raise ValueError(f"{kind}: too few sensors with and without events to learn from")
    scaler = StandardScaler().fit(whole[~kept])
    learned, judged = scaler.transform(whole[~kept]), scaler.transform(whole[kept])
    best: tuple[float, Settings, Floats] | None = None
    done = 0
    while done < max(1, trials):
        # A trial takes about as long as the one before; the last fit on everything takes longer than one.
        used = time.monotonic() - started
        if done and used * (1 + 2.5 / done) > seconds:
            break
        settings = _settings(done, seed)
        tried = fitted(settings, learned, truth[~kept], seed)
        said: Floats = np.mean([voter.predict_proba(judged)[:, 1] for voter in tried], axis=0)
        loss = float(log_loss(truth[kept].astype(int), said, labels=[0, 1]))
        done += 1
        say(f"trial {done} of {trials}: log loss {loss:.4f} on the sensors left out, {used:.0f} s")
        if best is None or loss < best[0]:
            best = (loss, settings, said)
    assert best is not None
    loss, settings, said = best
    scaler = StandardScaler().fit(whole)
    whole_fit = fitted(settings, scaler.transform(whole), truth, seed)
    found = {"trials": done, "settings": settings}
    data = export(
        kind, str(provenance["version"]), names, scaler, whole_fit, {**provenance, **found}, fill=fill.tolist()
    )
    return Trained(data, settings, done, loss, time.monotonic() - started, (said, truth[kept]))


def fitted(settings: Settings, rows: Floats, truth: Flags, seed: int) -> list[Any]:
    """The ensemble of some settings on standardised rows."""
    return [fit(name, chosen, rows, truth, FIT_ROWS, seed) for name, chosen in settings.items()]


def _settings(trial: int, seed: int) -> Settings:
    """The draw of a trial. Trial 0 takes the middle of every range."""
    rng = np.random.default_rng([seed, trial])
    return {
        voter: {
            key: values[len(values) // 2 if trial == 0 else int(rng.integers(len(values)))]
            for key, values in ranges.items()
        }
        for voter, ranges in SETTINGS.items()
    }


def _means(rows: Floats) -> Floats:
    """The mean of each column's finite values, 0 for a column without any."""
    known = np.isfinite(rows)
    sums = np.where(known, rows, 0.0).sum(axis=0)
    means: Floats = sums / np.maximum(known.sum(axis=0), 1)
    return means


def _validation(sensors: NDArray[np.str_], truth: Flags, seed: int) -> Flags:
    """The rows of a quarter of the sensors that have events and of a quarter of the others, drawn by the seed."""
    names, eventful = np.unique(sensors), np.unique(sensors[truth])
    rng = np.random.default_rng([seed, len(names)])
    groups = [group for group in (eventful, np.setdiff1d(names, eventful)) if len(group)]
    drawn = [rng.permutation(group)[: max(1, round(VALIDATION * len(group)))] for group in groups]
    return np.isin(sensors, np.concatenate(drawn))
