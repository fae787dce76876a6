"""Trains the ensemble of one kind of device (`fire`, `energy`) on generated sensors and reports on sensors held out.

Random forest, gradient boosting, support vector machine and neural network vote softly. A fifth of the sensors is held
out before anything is searched or fitted, and read once. Everything is seeded and runs in one thread.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from meterflow.scoring.batch import BatchModel
from meterflow.scoring.model import SHIPPED
from training.scoring import search
from training.scoring.export import sha256, write
from training.scoring.matrix import Matrix, Row, matrix

HELD_OUT = 0.2


def main(
    kind: str,
    question: str,
    names: Sequence[str],
    rows: Callable[[int], Iterator[Row]],
    samples: int,
    version: str = "1",
) -> None:
    """Generate, train, report on standard output, and keep the weights."""
    parser = argparse.ArgumentParser(description=f"Trains {kind}-{question}")
    parser.add_argument("--samples", type=int, default=samples)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--trials", type=int, default=3, help="settings tried for the ensemble")
    parser.add_argument("--seconds", type=float, default=900.0, help="the search's budget")
    parser.add_argument("--out", type=Path, default=SHIPPED)
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    started = time.monotonic()
    table = matrix(kind, names, list(islice(rows(options.seed), options.samples)))
    truth, held = table.truth[question], held_out(table.sensors, options.seed)
    print(f"{len(table)} rows, {int(truth.sum())} {question}, {time.monotonic() - started:.0f} s", file=sys.stderr)
    provenance = {
        "version": version,
        "question": question,
        "data": f"synthetic: training/scoring/generate_{kind}.py",
        "seed": options.seed,
        "samples": len(table),
        "sensors": len(np.unique(table.sensors)),
        "scikit_learn": sklearn.__version__,
    }
    trained = search.train(
        kind, tuple(names), table.values[~held], truth[~held], table.sensors[~held],
        seed=options.seed, trials=options.trials, seconds=options.seconds, provenance=provenance,
        say=lambda line: print(line, file=sys.stderr, flush=True),
    )  # fmt: skip
    name = f"{kind}-{question}"
    write(name, trained.data, options.out)
    report = provenance | {
        "settings": trained.settings,
        "trials": trained.trials,
        "kilobytes": round(len(trained.data) / 1000),
        "held_out": judged(BatchModel(trained.data, sha256(trained.data)), table, truth, held),
        "seconds": round(time.monotonic() - started),
    }
    text = json.dumps(report, indent=1, default=str)
    if options.report:
        options.report.write_text(text + "\n")
    print(text)


def held_out(sensors: NDArray[np.str_], seed: int) -> NDArray[np.bool_]:
    """The rows of a fifth of the sensors, drawn by the seed."""
    names = np.unique(sensors)
    drawn = np.random.default_rng([seed, 1]).permutation(names)
    return np.isin(sensors, drawn[: max(1, round(HELD_OUT * len(names)))])


def judged(model: BatchModel, table: Matrix, truth: NDArray[np.bool_], held: NDArray[np.bool_]) -> dict[str, Any]:
    """Scores of the exported model on the rows held out, and how often it says 0.5 or more by cause."""
    said = model.probability(table.values[held])
    causes = np.array(table.causes)[held]
    return {
        "rows": int(held.sum()),
        "average_precision": round(float(average_precision_score(truth[held], said)), 4),
        "roc_auc": round(float(roc_auc_score(truth[held], said)), 4),
        "said_by_cause": {
            str(cause): {
                "rows": int((causes == cause).sum()),
                "share": round(float((said[causes == cause] >= 0.5).mean()), 4),
            }
            for cause in np.unique(causes)
        },
    }
