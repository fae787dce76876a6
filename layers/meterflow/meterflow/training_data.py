"""What models learn from: examples that people judged, kept in the lake, and data made by the generators.

An example is a row that was scored on a live sensor and whose truth somebody told since: an alarm acknowledged as
false, a technician who found the leak. A dataset is the list of examples up to a day, called its cut, with a recipe
for the generated rest: kind, seed and rows give the same rows again, so the recipe is as exact as the rows would be.
Sensors are split once and for all by their names: those held out are never trained on, by any version.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping

from pydantic import BaseModel, ConfigDict

from meterflow.model_registry import share_of

KINDS = ("leak", "energy", "fire")
"""The kinds whose models are trained by the machine. The reader of photos is trained elsewhere."""
HELD_OUT = 0.25
_SPLIT = "held out"
FORMAT = 1


class Example(BaseModel):
    """A live row and what it really was. `features` are the model's inputs by name, absent ones null; `truth` and
    `probability` are by question; `told_by` is how the truth is known, never by whom."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    example_id: str
    kind: str
    sensor_id: str
    timestamp: str
    zone: str
    cause: str
    features: Mapping[str, float | None]
    truth: Mapping[str, bool]
    probability: Mapping[str, float] = {}
    model_version: str = ""
    told_by: str
    told_at: str

    @property
    def held_out(self) -> bool:
        """Whether its sensor is kept for judging."""
        return share_of(_SPLIT, self.sensor_id) < HELD_OUT

    def to_bytes(self) -> bytes:
        """The file: the same bytes for the same example."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":")).encode()


class Recipe(BaseModel):
    """The generated part: `rows` of them by the generator of the kind, from `seed`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    rows: int
    seed: int


class Dataset(BaseModel):
    """What one training learns from and is judged by. `cut` is RFC 3339: nothing told later is in it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: int = FORMAT
    kind: str
    cut: str
    generated: Recipe
    examples: tuple[Example, ...] = ()
    held_out: tuple[Example, ...] = ()

    def to_bytes(self) -> bytes:
        """The object as it is kept; its SHA-256 names the data in the model's card."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":")).encode()

    @property
    def source(self) -> str:
        """Where the rows are from, in words."""
        told = len(self.examples)
        if not told:
            return (
                f"{self.generated.rows} generated rows (seed {self.generated.seed}); nobody has judged a live row yet"
            )
        return (
            f"{told} live rows that people judged and {self.generated.rows} generated ones (seed {self.generated.seed})"
        )


def truth_of(kind: str, alert_type: str, right: bool) -> dict[str, bool]:
    """The answer to every question of a kind, from whether an alarm was right. A burst is a leak too."""
    if kind == "leak":
        return {"leak": right, "burst": right and alert_type == "BURST_DETECTED"}
    return {"fire": right} if kind == "fire" else {"anomaly": right}


def dataset(kind: str, cut: str, examples: Iterable[Example], recipe: Recipe) -> Dataset:
    """The dataset of a kind at `cut`. An example told twice counts as it was told last."""
    latest: dict[str, Example] = {}
    for one in sorted(examples, key=lambda found: (found.told_at, found.example_id)):
        if one.kind == kind and one.told_at <= cut:
            latest[one.example_id] = one
    known = sorted(latest.values(), key=lambda one: (one.timestamp, one.example_id))
    return Dataset(
        kind=kind,
        cut=cut,
        generated=recipe,
        examples=tuple(one for one in known if not one.held_out),
        held_out=tuple(one for one in known if one.held_out),
    )


def sha256(content: bytes) -> str:
    """The checksum in hex."""
    return hashlib.sha256(content).hexdigest()


def example_key(example: Example) -> str:
    """Where the example lies in the lake: by kind and the day that it was told."""
    return f"{examples_prefix(example.kind)}{example.told_at[:10]}/{example.example_id}.json"


def examples_prefix(kind: str) -> str:
    """Where the examples of a kind lie."""
    return f"examples/{kind}/"


def training_id(kind: str, cut: str) -> str:
    """The business key of a training: one for each kind and cut of the data."""
    return f"training#{kind}#{cut}"


def dataset_key(kind: str, cut: str, content_sha256: str) -> str:
    """Where a dataset lies in the lake: by its content, so that nothing is ever written over."""
    return f"training/{kind}/{cut[:10]}/{content_sha256}.json"
