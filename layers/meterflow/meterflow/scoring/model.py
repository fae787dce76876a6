"""An exported model: loaded from JSON once its checksum is proven, and asked for one row at a time in plain Python.

    model = Model.load(data, sha256)            # ModelRefused where the bytes are not the ones that were promised
    model.probability(model.vector({"pressure_bar": 3.2, "flow_rate_lps": None, …}))    # of the event, 0 to 1

A model answers one yes-or-no question (a leak or none). It standardises its features and lets its members vote
(soft voting: the weighted mean of their probabilities), as scikit-learn's pipeline of a `StandardScaler` and a
`VotingClassifier` does. The file, written by `training/scoring/export.py`:

    {"format": 1, "kind": "leak", "version": "…", "features": ["pressure_bar", …],
     "standardisation": {"mean": […], "scale": […], "fill": […]},      # fill: what stands for an absent feature
     "members": [{"member": "forest" | "boosting" | "svm" | "mlp" | "logistic", "weight": 1, …}, …],
     "provenance": {…}}                                                 # free: data, seed, scores, day

`scoring/batch.py` does the same for many rows with numpy.
"""

import hashlib
import json
import math
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from meterflow.errors import MeterflowError
from meterflow.scoring.members import Boosting, Forest, Logistic, Member, Mlp, Svm

FORMAT = 1
SHIPPED = Path(__file__).with_name("weights")
"""The default models and their `SHA256SUMS`."""

_MEMBERS: Mapping[str, Callable[[Mapping[str, Any], int], Member]] = {
    "forest": Forest.of,
    "boosting": Boosting.of,
    "svm": Svm.of,
    "mlp": Mlp.of,
    "logistic": Logistic.of,
}


class ModelRefused(MeterflowError):
    """The bytes are not the promised model, or no model of a format that this code knows. Scorers then go by rules."""


@dataclass(frozen=True, slots=True)
class Model:
    """One exported model. `members` are (weight, voter); the weights sum to 1."""

    kind: str
    version: str
    features: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    fill: tuple[float, ...]
    members: tuple[tuple[float, Member], ...]
    provenance: Mapping[str, Any]

    @classmethod
    def load(cls, data: bytes, sha256: str) -> "Model":
        """The model in `data`. `sha256` (hex) is compared before anything is parsed. Raises ModelRefused."""
        return cls._of(parse(data, sha256))

    @classmethod
    def _of(cls, item: Mapping[str, Any]) -> "Model":
        try:
            features = tuple(map(str, item["features"]))
            width = len(features)
            numbers = [tuple(map(float, item["standardisation"][name])) for name in ("mean", "scale", "fill")]
            if not width or len(set(features)) != width or any(len(column) != width for column in numbers):
                raise ValueError("one mean, scale and fill is expected for each of some distinct features")
            mean, scale, fill = numbers
            if min(scale) <= 0.0:
                raise ValueError("a scale is above zero")
            total = sum(float(member["weight"]) for member in item["members"])
            members = tuple(
                (float(member["weight"]) / total, _MEMBERS[member["member"]](member, width))
                for member in item["members"]
            )
            if not members:
                raise ValueError("a model has members")
            kind, version, provenance = str(item["kind"]), str(item["version"]), dict(item["provenance"])
        except (KeyError, TypeError, ValueError, IndexError, ZeroDivisionError) as wrong:
            raise ModelRefused(f"the model is not whole: {wrong!r}") from wrong
        return cls(kind, version, features, mean, scale, fill, members, provenance)

    def vector(self, named: Mapping[str, float | None]) -> list[float]:
        """The features in the model's order; an absent one (None, no such name, not finite) gets its fill."""
        row = []
        for name, instead in zip(self.features, self.fill, strict=True):
            value = named.get(name)
            row.append(instead if value is None or not math.isfinite(value) else value)
        return row

    def votes(self, vector: Sequence[float]) -> list[float]:
        """What each member says about a row in the model's order, in the order of `members`."""
        row = [(value - mean) / scale for value, mean, scale in zip(vector, self.mean, self.scale, strict=True)]
        single = array("f", row).tolist()
        return [member.probability(row, single) for _, member in self.members]

    def probability(self, vector: Sequence[float]) -> float:
        """Of the event, 0 to 1: the members' weighted mean, as scikit-learn's `predict_proba(…)[:, 1]`."""
        return self.mean_of(self.votes(vector))

    def mean_of(self, votes: Sequence[float]) -> float:
        """The members' weighted mean of `votes`, which `votes` gave."""
        return sum(weight * vote for (weight, _), vote in zip(self.members, votes, strict=True))


def parse(data: bytes, sha256: str) -> Mapping[str, Any]:
    """The JSON object in `data` once its checksum is proven and its format known. Raises ModelRefused."""
    found = hashlib.sha256(data).hexdigest()
    if found != sha256.lower():
        raise ModelRefused(f"SHA-256 is {found}, not {sha256}")
    try:
        item = json.loads(data)
    except ValueError as wrong:
        raise ModelRefused("no JSON") from wrong
    if not isinstance(item, dict) or item.get("format") != FORMAT:
        raise ModelRefused(f"a model of format {FORMAT} is expected")
    return item


def shipped_bytes(name: str, folder: Path = SHIPPED) -> tuple[bytes, str]:
    """The bytes and the promised SHA-256 of the default model `name`, such as `leak-burst`. Raises ModelRefused."""
    file = f"{name}.json"
    try:
        lines = [line.split() for line in (folder / "SHA256SUMS").read_text().splitlines()]
        return (folder / file).read_bytes(), {name: sha256 for sha256, name in lines}[file]
    except (OSError, KeyError, ValueError) as wrong:
        raise ModelRefused(f"no shipped model {name}") from wrong


@cache
def shipped(name: str) -> Model:
    """The default model `name`, read once a process. Raises ModelRefused (each time: a refusal is not kept)."""
    return Model.load(*shipped_bytes(name))
