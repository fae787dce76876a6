"""Fitted scikit-learn objects to the JSON that `meterflow.scoring.model` serves.

    voters = {"forest": RandomForestClassifier(…), "boosting": GradientBoostingClassifier(…),
              "svm": CalibratedClassifierCV(SVC(…), method="sigmoid", ensemble=False),
              "mlp": MLPClassifier(…), "logistic": LogisticRegression(…)}        # any of them, any number
    scaler = StandardScaler().fit(rows)
    for voter in voters.values(): voter.fit(scaler.transform(rows), labels)       # or one VotingClassifier's own
    data = export("energy", "1", names, scaler, list(voters.values()), {"seed": 7, "rows": 100_000})
    write("energy-fault", data)                         # scoring/weights/energy-fault.json and its line in SHA256SUMS

Binary only: labels 0 and 1, and the model says the probability of 1. Weights of the votes are `weights=` (equal by
default, as `VotingClassifier(voting="soft")` has them). Absent features are replaced by `fill` (the training mean by
default); train with the same replacement. Numbers are shortened where no probability moves by 1e-6.

Why not `SVC(probability=True)`: libsvm ends its pairwise coupling at an error of 0.0025, so its probabilities differ
from Platt's own sigmoid by up to 0.005, and scikit-learn retires it. `CalibratedClassifierCV` gives the sigmoid itself
(decision 0044).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from meterflow.scoring.model import FORMAT, SHIPPED, Model


def rounded(value: float, digits: int = 9) -> float:
    """`value` with so many significant digits."""
    return float(f"{float(value):.{digits}g}")


def threshold(value: float) -> float:
    """The shortest number that splits all float32 inputs as `value` does: both have the same float32 at or below."""
    floor = _floor(value)
    for digits in range(2, 10):
        short = rounded(value, digits)
        if _floor(short) == floor:
            return short
    return float(floor)


def _floor(value: float) -> np.float32:
    nearest = np.float32(value)
    return nearest if float(nearest) <= value else np.nextafter(nearest, np.float32(-np.inf))


def _tree(tree: Any, leaf: Any) -> list[list[Any]]:
    """A fitted `Tree` in pre-order: features (-1 at a leaf), and thresholds or what `leaf(node)` says."""
    features: list[int] = []
    values: list[float] = []
    waiting = [0]
    while waiting:
        node = waiting.pop()
        if tree.children_left[node] < 0:
            features.append(-1)
            values.append(leaf(node))
        else:
            features.append(int(tree.feature[node]))
            values.append(threshold(tree.threshold[node]))
            waiting += [int(tree.children_right[node]), int(tree.children_left[node])]
    return [features, values]


def _forest(fitted: RandomForestClassifier) -> dict[str, Any]:
    trees = []
    for estimator in fitted.estimators_:
        shares = estimator.tree_.value[:, 0, :]
        shares = shares[:, 1] / shares.sum(axis=1)
        trees.append(_tree(estimator.tree_, lambda node, shares=shares: round(float(shares[node]), 7)))
    return {"member": "forest", "trees": trees}


def _boosting(fitted: GradientBoostingClassifier) -> dict[str, Any]:
    prior = float(fitted.init_.class_prior_[1])
    trees = []
    for estimator in fitted.estimators_[:, 0]:
        leaves = estimator.tree_.value[:, 0, 0] * fitted.learning_rate
        trees.append(_tree(estimator.tree_, lambda node, leaves=leaves: rounded(leaves[node])))
    return {"member": "boosting", "start": float(np.log(prior / (1 - prior))), "trees": trees}


def _svm(fitted: CalibratedClassifierCV) -> dict[str, Any]:
    (calibrated,) = fitted.calibrated_classifiers_
    machine: SVC = calibrated.estimator
    (sigmoid,) = calibrated.calibrators
    if not isinstance(machine, SVC) or machine.kernel != "rbf":
        raise TypeError("an SVC with the RBF kernel is expected")
    return {
        "member": "svm",
        "gamma": float(machine._gamma),
        "vectors": [[rounded(value) for value in vector] for vector in machine.support_vectors_],
        "weights": [rounded(value, 12) for value in machine.dual_coef_[0]],
        "intercept": float(machine.intercept_[0]),
        "platt": [float(sigmoid.a_), float(sigmoid.b_)],
    }


def _mlp(fitted: MLPClassifier) -> dict[str, Any]:
    layers = [
        {
            "weights": [[rounded(value) for value in neuron] for neuron in weights.T],
            "biases": [rounded(value) for value in biases],
        }
        for weights, biases in zip(fitted.coefs_, fitted.intercepts_, strict=True)
    ]
    return {"member": "mlp", "activation": fitted.activation, "layers": layers}


def _logistic(fitted: LogisticRegression) -> dict[str, Any]:
    return {
        "member": "logistic",
        "weights": [float(value) for value in fitted.coef_[0]],
        "intercept": float(fitted.intercept_[0]),
    }


_EXPORTS = {
    RandomForestClassifier: _forest,
    GradientBoostingClassifier: _boosting,
    CalibratedClassifierCV: _svm,
    MLPClassifier: _mlp,
    LogisticRegression: _logistic,
}


def export(
    kind: str,
    version: str,
    features: Sequence[str],
    scaler: StandardScaler,
    voters: Sequence[Any],
    provenance: Mapping[str, Any],
    *,
    weights: Sequence[float] | None = None,
    fill: Sequence[float] | None = None,
) -> bytes:
    """The model file of `voters`, fitted on `scaler.transform(rows)` with labels 0 and 1; proven to load."""
    members = []
    for voter, weight in zip(voters, weights or [1.0] * len(voters), strict=True):
        if list(voter.classes_) != [0, 1]:
            raise ValueError("labels 0 and 1 are expected")
        members.append({"weight": float(weight), **_EXPORTS[type(voter)](voter)})
    mean = [float(value) for value in scaler.mean_]
    item = {
        "format": FORMAT,
        "kind": kind,
        "version": version,
        "features": list(features),
        "standardisation": {
            "mean": mean,
            "scale": [float(value) for value in scaler.scale_],
            "fill": mean if fill is None else [float(value) for value in fill],
        },
        "members": members,
        "provenance": dict(provenance),
    }
    data = json.dumps(item, separators=(",", ":"), allow_nan=False).encode()
    Model.load(data, sha256(data))
    return data


def sha256(data: bytes) -> str:
    """The checksum that `Model.load` asks for, in hex."""
    return hashlib.sha256(data).hexdigest()


def write(name: str, data: bytes, folder: Path = SHIPPED) -> None:
    """Keep `data` as `<name>.json` in `folder` and renew its line in `SHA256SUMS`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_bytes(data)
    sums = folder / "SHA256SUMS"
    lines = sums.read_text().splitlines() if sums.exists() else []
    kept = [line for line in lines if line.split()[-1:] != [f"{name}.json"]]
    sums.write_text(
        "".join(
            f"{line}\n" for line in sorted([*kept, f"{sha256(data)}  {name}.json"], key=lambda line: line.split()[1])
        )
    )
