"""Serving the exported models, beside scikit-learn's `predict_proba`, in one run: `python -m tests.benchmarks.serving`.

The ensembles' members are fitted anew on a few thousand generated rows, exported as training exports them, and compared
row by row with scikit-learn; then time is taken for one row and for many, and for the import of what scores. One
thread. Wall time, and the processor's own time beside it, because these machines are shared.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy is loaded: one core against one core

import json
import subprocess
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from local import build, paths
from meterflow.scoring.batch import BatchModel
from meterflow.scoring.leak import LeakScorer
from meterflow.scoring.leak_features import RELATIVE
from meterflow.scoring.model import Model
from tests.benchmarks.cold_imports import bare_handler
from training.scoring.export import export, sha256
from training.scoring.generate_leak import sensor
from training.scoring.leak_rows import collect
from training.scoring.train_leak import MAKE

FITTED, ASKED, IMPORTS = 4_000, 20_000, 7
SVM_ROWS = 1_000
SETTINGS: dict[str, dict[str, Any]] = {
    "forest": {"max_depth": 8, "min_samples_leaf": 20, "max_features": 0.35},
    "boosting": {"n_estimators": 90, "max_depth": 3, "learning_rate": 0.1},
    "svm": {"C": 1.0, "gamma": 0.01},
    "mlp": {"hidden_layer_sizes": (24, 12), "alpha": 0.01},
}
SCORERS = ("leak", "fire", "energy")
MEASURE = """
import json, sys, time
sys.path[:0] = json.loads(sys.argv[1])
started = time.perf_counter()
for name in sys.argv[2].split(","):
    __import__(name)
print((time.perf_counter() - started) * 1000, "numpy" in sys.modules)
"""
BASE = "boto3,aws_lambda_powertools"


@dataclass(frozen=True, slots=True)
class Fitted:
    """The same ensemble three times: scikit-learn's objects, the one-row model, the batch."""

    scaler: StandardScaler
    voters: Sequence[Any]
    one: Model
    batch: BatchModel

    def sklearn(self, rows: Any) -> Any:
        """Soft voting by scikit-learn."""
        ready = self.scaler.transform(rows)
        return np.mean([voter.predict_proba(ready)[:, 1] for voter in self.voters], axis=0)


def fit() -> tuple[Fitted, Any]:
    """The ensemble, and rows that it has not seen."""
    rows = collect((sensor(41, number) for number in count()), RELATIVE, FITTED + ASKED, every=2)
    features, labels = rows.of(RELATIVE), rows.leak.astype(int)
    scaler = StandardScaler().fit(features[:FITTED])
    ready = scaler.transform(features[:FITTED])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        voters = [
            MAKE[name](1, **kept).fit(*((part[::4] if name == "svm" else part) for part in (ready, labels[:FITTED])))
            for name, kept in SETTINGS.items()
        ]
    data = export("leak", "bench", RELATIVE, scaler, voters, {})
    kept = Fitted(scaler, voters, Model.load(data, sha256(data)), BatchModel(data, sha256(data)))
    return kept, features[FITTED:]


def parity(fitted: Fitted, asked: Any) -> None:
    """The greatest difference to scikit-learn."""
    expected = fitted.sklearn(asked)
    one = np.array([fitted.one.probability(row) for row in asked.tolist()])
    apart = np.abs(one - expected).max(), np.abs(fitted.batch.probability(asked) - expected).max()
    print(f"\nparity with predict_proba over {len(asked)} rows, greatest difference (at most 1e-06)")
    print(f"  one row {apart[0]:.1e}   batch {apart[1]:.1e}")


def latencies(call: Callable[[Any], Any], rows: Sequence[Any]) -> tuple[float, float, float]:
    """Milliseconds a row: median and 99th percentile by the wall, 99th percentile by this thread's processor time."""
    wall, own = [], []
    for row in rows:
        started, began = time.perf_counter(), time.thread_time()
        call(row)
        own.append(time.thread_time() - began)
        wall.append(time.perf_counter() - started)
    return tuple(1000 * float(np.quantile(*at)) for at in ((wall, 0.5), (wall, 0.99), (own, 0.99)))  # type: ignore[return-value]


def one_row(fitted: Fitted, asked: Any) -> None:
    """One row at a time: the model, the whole leak scorer with both ensembles, scikit-learn."""
    scorer = LeakScorer()
    rows = [row for number in range(2) for row in sensor(43, number).rows()]
    table = {
        "exported ensemble": latencies(fitted.one.probability, asked[:5000].tolist()),
        "LeakScorer.observe (features, 2 ensembles)": latencies(scorer.observe, rows),
        "scikit-learn predict_proba": latencies(lambda row: fitted.sklearn(row[None, :]), asked[:150]),
    }
    print("\none row, milliseconds            p50 wall  p99 wall  p99 processor   (goal: p99 at most 1)")
    for name, (half, most, own) in table.items():
        print(f"  {name:<44} {half:8.3f} {most:9.3f} {own:14.3f}")
    slower = table["scikit-learn predict_proba"][0] / table["exported ensemble"][0]
    print(f"  scikit-learn's median is {slower:.0f} times the exported ensemble's")


def rate(call: Callable[[Any], Any], rows: Any) -> float:
    """Rows a second of this process's processor time, the best of three."""
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        call(rows)
        best = min(best, time.process_time() - began)
    return len(rows) / best


def throughput(fitted: Fitted, asked: Any) -> None:
    """Many rows at once on one core."""
    ours, theirs = rate(fitted.batch.probability, asked), rate(fitted.sklearn, asked)
    print("\nmany rows, rows a second a core   (goal: at least 50,000)")
    print(f"  exported ensemble in numpy   {ours:10,.0f}")
    print(f"  scikit-learn predict_proba   {theirs:10,.0f}   ratio {ours / theirs:.2f}")


def imported(folders: Sequence[str], names: str) -> tuple[float, bool]:
    """Milliseconds to import `names` in a fresh interpreter, and whether numpy came along."""
    command = [str(paths.FUNCTION_PYTHON), "-c", MEASURE, json.dumps(folders), names]
    took, numpy = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/").stdout.split()
    return float(took), numpy == "True"


def cold() -> None:
    """Import of boto3, Powertools and a scorer against boto3 and Powertools alone; by turns, medians."""
    layers = [build.BUILD / name / "python" for name in ("DependenciesLayer", "MeterflowLayer")]
    if not (layers[1] / "meterflow" / "scoring" / "leak.py").exists():
        build.build("local")
    bare_handler(paths.ROOT / ".local" / "bench" / "bare")
    folders = [str(folder) for folder in layers]
    cases = {"bare": BASE, **{name: f"{BASE},meterflow.scoring.{name}" for name in SCORERS}}
    took: dict[str, list[float]] = {name: [] for name in cases}
    heavy: set[str] = set()
    for _ in range(IMPORTS):
        for name, modules in cases.items():
            milliseconds, numpy = imported(folders, modules)
            took[name].append(milliseconds)
            heavy |= {name} if numpy else set()
    base = float(np.median(took["bare"]))
    print(f"\ncold import, median of {IMPORTS}, milliseconds (goal: at most 1.5 times bare)")
    for name, values in took.items():
        note = "   imports numpy!" if name in heavy else ""
        print(f"  {name:<8} {np.median(values):7.0f}  {np.median(values) / base:5.2f}{note}")


def main() -> None:
    """Print the four tables."""
    fitted, asked = fit()
    parity(fitted, asked)
    one_row(fitted, asked)
    throughput(fitted, asked)
    cold()


if __name__ == "__main__":
    main()
