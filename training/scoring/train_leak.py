"""Trains the leak and burst ensembles: `python -m training.scoring.train_leak --samples 120000`.

Synthetic sensors (every eighth row of their sequences), split by sensor: 60 % train, 20 % choose the settings, 20 %
are held out and read once. The search tries `--budget` random settings a member and keeps the best average precision.
The same members on the leak document's own features are trained beside them, for comparison. Everything is seeded, one
thread; the same versions of numpy and scikit-learn give the same bytes.
"""

import argparse
import json
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from meterflow.risk import calculate_risk_level
from meterflow.scoring.leak_features import DOCUMENT, RELATIVE
from meterflow.scoring.model import SHIPPED
from training.scoring.export import export, write
from training.scoring.generate_leak import sensor
from training.scoring.leak_rows import EVERY, Rows, collect

Floats = NDArray[np.float64]
SVM_ROWS = 1000
"""A support vector machine keeps nearly every doubtful row; so few keep one row of scoring far below a millisecond."""
SEARCH_ROWS, FIT_ROWS = 12_000, 60_000

SETTINGS: Mapping[str, Mapping[str, Sequence[Any]]] = {
    "forest": {"max_depth": [6, 7, 8], "min_samples_leaf": [20, 60, 150], "max_features": [0.2, 0.35, 0.5]},
    "boosting": {"n_estimators": [40, 60, 90], "max_depth": [2, 3, 4], "learning_rate": [0.05, 0.1, 0.2]},
    "svm": {"C": [0.1, 0.3, 1.0, 3.0], "gamma": [0.003, 0.01, 0.03, 0.1]},
    "mlp": {"hidden_layer_sizes": [(12,), (16, 8), (24, 12)], "alpha": [1e-3, 1e-2, 0.1, 1.0]},
}
MAKE: Mapping[str, Callable[..., Any]] = {
    "forest": lambda seed, **kept: RandomForestClassifier(n_estimators=40, random_state=seed, **kept),
    "boosting": lambda seed, **kept: GradientBoostingClassifier(
        subsample=0.5, min_samples_leaf=50, max_features=0.5, random_state=seed, **kept
    ),
    "svm": lambda seed, **kept: CalibratedClassifierCV(
        SVC(random_state=seed, **kept), method="sigmoid", ensemble=False, cv=3
    ),
    "mlp": lambda seed, **kept: MLPClassifier(early_stopping=True, max_iter=60, random_state=seed, **kept),
}


def some(rows: int, most: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """At most `most` places among `rows`, drawn without return, in order."""
    return np.sort(rng.choice(rows, min(rows, most), replace=False))


def fit(name: str, settings: Mapping[str, Any], features: Floats, truth: NDArray[Any], most: int, seed: int) -> Any:
    """One member on at most `most` rows (the SVM on `SVM_ROWS`)."""
    at = some(len(truth), SVM_ROWS if name == "svm" else most, np.random.default_rng(seed))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # early stopping ends the network, or its sixty rounds do
        return MAKE[name](seed, **settings).fit(features[at], truth[at].astype(int))


def search(train: tuple[Floats, Any], judge: tuple[Floats, Any], budget: int, seed: int) -> dict[str, dict[str, Any]]:
    """For each member the settings of the best average precision on `judge` among `budget` draws."""
    rng, chosen = np.random.default_rng(seed), {}
    for name, grid in SETTINGS.items():
        tried = []
        for _ in range(budget):
            settings = {key: values[int(rng.integers(len(values)))] for key, values in grid.items()}
            member = fit(name, settings, *train, SEARCH_ROWS, seed)
            tried.append((average_precision_score(judge[1], member.predict_proba(judge[0])[:, 1]), settings))
        best = max(tried, key=lambda one: one[0])
        chosen[name] = {"settings": best[1], "average_precision": round(float(best[0]), 4), "tried": budget}
        print(f"  {name:<9} {best[0]:.3f}  {best[1]}", file=sys.stderr, flush=True)
    return chosen


def scores(truth: NDArray[Any], said: Floats, critical: NDArray[np.bool_]) -> dict[str, Any]:
    """Average precision (area under precision and recall) and area under ROC, in all and by zone."""
    zones = {"all": np.ones(len(truth), bool), "CRITICAL": critical, "STANDARD": ~critical}
    return {
        zone: {
            "rows": int(at.sum()),
            "share": round(float(truth[at].mean()), 4),
            "pr_auc": round(float(average_precision_score(truth[at], said[at])), 4),
            "roc_auc": round(float(roc_auc_score(truth[at], said[at])), 4),
        }
        for zone, at in zones.items()
    }


def by_risk(held: Rows, leak: Floats, burst: Floats) -> dict[str, Any]:
    """What the document's fixed thresholds make of the probabilities: HIGH or CRITICAL against the truth."""
    zones = np.where(held.critical, "CRITICAL", "STANDARD")
    told = np.array(
        [calculate_risk_level(*one) in ("HIGH", "CRITICAL") for one in zip(leak, burst, zones, strict=True)]
    )
    return {
        "precision": round(float(held.leak[told].mean()), 4) if told.any() else None,
        "recall_leak": round(float(told[held.leak].mean()), 4),
        "recall_burst": round(float(told[held.burst].mean()), 4),
        "false_per_1000_quiet_rows": round(1000 * float(told[~held.leak].mean()), 2),
        "false_per_1000_faulty_rows": round(1000 * float(told[held.fault & ~held.leak].mean()), 2),
    }


def train(parts: Mapping[str, Rows], names: Sequence[str], budget: int, seed: int, kind: str) -> tuple[Any, ...]:
    """Search, then fit on train and choose together: (scaler, members, chosen settings, held-out votes)."""
    fill = np.nanmean(parts["train"].of(names), axis=0)
    raw = {part: np.where(np.isnan(rows.of(names)), fill, rows.of(names)) for part, rows in parts.items()}
    scaler = StandardScaler().fit(raw["train"])
    ready = {part: scaler.transform(values) for part, values in raw.items()}
    truth = {part: getattr(rows, kind) for part, rows in parts.items()}
    chosen = search((ready["train"], truth["train"]), (ready["choose"], truth["choose"]), budget, seed)
    both = np.concatenate([ready["train"], ready["choose"]]), np.concatenate([truth["train"], truth["choose"]])
    members = {name: fit(name, one["settings"], *both, FIT_ROWS, seed) for name, one in chosen.items()}
    votes = {name: member.predict_proba(ready["held"])[:, 1] for name, member in members.items()}
    return scaler, members, chosen, votes


def main(arguments: list[str] | None = None) -> None:
    """Train, report, and keep the weights."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--samples", type=int, default=120_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--budget", type=int, default=6, help="settings tried for each member")
    parser.add_argument("--version", default="1")
    parser.add_argument("--out", type=Path, default=SHIPPED)
    parser.add_argument("--report", type=Path)
    options = parser.parse_args(arguments)
    started = time.monotonic()
    every_name = tuple(dict.fromkeys((*RELATIVE, *DOCUMENT)))
    rows = collect((sensor(options.seed, number) for number in count()), every_name, options.samples)
    part = (rows.sensor * 7 + 3) % 5
    parts = {"train": rows.where(part < 3), "choose": rows.where(part == 3), "held": rows.where(part == 4)}
    held = parts["held"]
    print(
        f"{len(rows)} samples of {rows.sensor.max() + 1} sensors, {time.monotonic() - started:.0f} s", file=sys.stderr
    )
    report: dict[str, Any] = {
        "samples": len(rows),
        "sensors": int(rows.sensor.max()) + 1,
        "every": EVERY,
        "seed": options.seed,
        "budget": options.budget,
        "scikit_learn": sklearn.__version__,
        "rows": {name: len(one) for name, one in parts.items()},
    }
    for title, names in (("relative", RELATIVE), ("document", DOCUMENT)):
        said: dict[str, Floats] = {}
        for kind in ("leak", "burst"):
            print(f"{title} {kind}", file=sys.stderr)
            scaler, members, chosen, votes = train(parts, names, options.budget, options.seed, kind)
            said[kind] = np.mean(list(votes.values()), axis=0)
            truth = getattr(held, kind)
            found = {name: scores(truth, vote, held.critical)["all"] for name, vote in votes.items()}
            report[f"{title}_{kind}"] = {
                "chosen": chosen,
                "members": found,
                "ensemble": scores(truth, said[kind], held.critical),
            }
            if title == "relative":
                origin = {"trained_by": "training/scoring/train_leak.py", "data": "synthetic", "target": kind}
                origin |= {key: report[key] for key in ("samples", "sensors", "seed", "scikit_learn")}
                origin["held_out"] = report[f"{title}_{kind}"]["ensemble"]["all"]
                name = f"leak-{kind}"
                data = export("leak", options.version, names, scaler, list(members.values()), origin)
                write(name, data, options.out)
                print(f"  {name}.json: {len(data) / 1000:.0f} kB", file=sys.stderr)
        report[f"{title}_by_risk"] = by_risk(held, said["leak"], said["burst"])
    report["seconds"] = round(time.monotonic() - started)
    text = json.dumps(report, indent=1)
    if options.report:
        options.report.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
