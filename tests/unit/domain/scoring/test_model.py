"""A model is loaded only when it is whole and the promised one; its formulas are checked by hand."""

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import pytest

from meterflow.scoring.model import Model, ModelRefused, shipped_bytes

STUMP = [[0, -1, -1], [0.5, 0.2, 0.8]]
MEMBERS: dict[str, dict[str, Any]] = {
    "forest": {"member": "forest", "weight": 1, "trees": [STUMP, [[1, 0, -1, -1, -1], [0.0, -1.0, 0.1, 0.3, 0.9]]]},
    "boosting": {"member": "boosting", "weight": 1, "start": -1.0, "trees": [STUMP, STUMP]},
    "svm": {
        "member": "svm",
        "weight": 1,
        "gamma": 0.5,
        "vectors": [[0.0, 0.0], [1.0, 2.0]],
        "weights": [1.5, -0.5],
        "intercept": 0.1,
        "platt": [-2.0, 0.3],
    },
    "mlp": {
        "member": "mlp",
        "weight": 1,
        "activation": "relu",
        "layers": [
            {"weights": [[1.0, -1.0], [-2.0, 0.0]], "biases": [0.5, 0.0]},
            {"weights": [[2.0, 1.0]], "biases": [-1.0]},
        ],
    },
    "logistic": {"member": "logistic", "weight": 1, "weights": [1.0, -2.0], "intercept": 0.25},
}


def item(*members: str, **changed: Any) -> dict[str, Any]:
    return {
        "format": 1,
        "kind": "leak",
        "version": "1",
        "features": ["a", "b"],
        "standardisation": {"mean": [0.0, 10.0], "scale": [1.0, 2.0], "fill": [0.0, 12.0]},
        "members": [MEMBERS[name] for name in members],
        "provenance": {"seed": 1},
        **changed,
    }


def load(content: Any) -> Model:
    data = json.dumps(content).encode()
    return Model.load(data, hashlib.sha256(data).hexdigest())


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


ROW = [1.0, 12.0]  # standardised: 1, 1
KERNELS = (math.exp(-0.5 * 2), math.exp(-0.5 * 1))


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        ("forest", (0.8 + 0.9) / 2),
        ("boosting", sigmoid(-1.0 + 0.8 + 0.8)),
        ("svm", sigmoid(2.0 * (0.1 + 1.5 * KERNELS[0] - 0.5 * KERNELS[1]) - 0.3)),
        ("mlp", sigmoid(2.0 * 0.5 + 0.0 - 1.0)),
        ("logistic", sigmoid(1.0 - 2.0 + 0.25)),
    ],
)
def test_each_member_by_hand(member: str, expected: float) -> None:
    assert load(item(member)).probability(ROW) == pytest.approx(expected, abs=1e-12)


def test_soft_voting_is_the_weighted_mean() -> None:
    content = item("forest", "logistic")
    content["members"] = [{**content["members"][0], "weight": 3}, content["members"][1]]
    expected = 0.75 * 0.85 + 0.25 * sigmoid(-0.75)
    assert load(content).probability(ROW) == pytest.approx(expected, abs=1e-12)


def test_absent_and_broken_features_get_their_fill() -> None:
    model = load(item("logistic"))
    assert model.vector({"a": 3.0}) == [3.0, 12.0]
    assert model.vector({"a": None, "b": math.nan, "c": 5.0}) == [0.0, 12.0]
    assert model.vector({"a": math.inf, "b": 1.0}) == [0.0, 1.0]


def test_a_threshold_belongs_to_the_lower_side_in_float32() -> None:
    model = load(item("forest"))
    at = 0.5 + 1e-9  # rounds to the threshold itself as float32
    assert model.probability([at, 12.0]) == model.probability([0.5, 12.0]) == pytest.approx((0.2 + 0.9) / 2)


def test_far_off_values_do_not_break_anything() -> None:
    model = load(item("forest", "boosting", "svm", "mlp", "logistic"))
    for value in (1e300, -1e300):
        assert 0.0 <= model.probability([value, value]) <= 1.0


def test_the_checksum_comes_before_anything_else() -> None:
    with pytest.raises(ModelRefused, match="SHA-256"):
        Model.load(b"no json at all", "0" * 64)
    data = json.dumps(item("forest")).encode()
    right = hashlib.sha256(data).hexdigest()
    assert Model.load(data, right.upper()).kind == "leak"
    with pytest.raises(ModelRefused, match="SHA-256"):
        Model.load(data.replace(b"0.8", b"0.9"), right)


BROKEN: dict[str, Any] = {
    "another format": item("forest", format=2),
    "a list": [1, 2],
    "no features": item("forest", features=[]),
    "the same feature twice": item("forest", features=["a", "a"]),
    "no scale": item("forest", standardisation={"mean": [0.0, 0.0], "scale": [1.0, 0.0], "fill": [0.0, 0.0]}),
    "too few means": item("forest", standardisation={"mean": [0.0], "scale": [1.0, 1.0], "fill": [0.0, 0.0]}),
    "no member": item(),
    "an unknown member": item(members=[{"member": "pickle", "weight": 1}]),
    "a tree of no feature": item(members=[{"member": "forest", "weight": 1, "trees": [[[7, -1, -1], [0, 0, 1]]]}]),
    "half a tree": item(members=[{"member": "forest", "weight": 1, "trees": [[[0, -1], [0.5, 0.2]]]}]),
    "two trees in one": item(members=[{"member": "forest", "weight": 1, "trees": [[[-1, -1], [0.5, 0.2]]]}]),
    "narrow support vectors": item(members=[{**MEMBERS["svm"], "vectors": [[0.0], [1.0]]}]),
    "a layer that does not fit": item(members=[{**MEMBERS["mlp"], "layers": MEMBERS["mlp"]["layers"][1:] * 2}]),
    "one weight too many": item(members=[{**MEMBERS["logistic"], "weights": [1.0, 2.0, 3.0]}]),
    "no provenance": {key: value for key, value in item("forest").items() if key != "provenance"},
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_not_whole_is_refused(content: Any) -> None:
    with pytest.raises(ModelRefused):
        load(content)


def test_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(ModelRefused, match="JSON"):
        Model.load(b"\x80pickle", hashlib.sha256(b"\x80pickle").hexdigest())


def test_a_model_that_was_not_shipped_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match="no shipped model"):
        shipped_bytes("leak-none", tmp_path)
    (tmp_path / "SHA256SUMS").write_text("0" * 64 + "  other.json\n")
    (tmp_path / "leak-none.json").write_bytes(b"{}")
    with pytest.raises(ModelRefused, match="no shipped model"):
        shipped_bytes("leak-none", tmp_path)
