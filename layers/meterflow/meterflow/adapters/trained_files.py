"""The files of a trained version in the lake, and the dataset it came from. Each is proven by its SHA-256 when read."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from meterflow import training_data
from meterflow.adapters import drift_references, model_store
from meterflow.drift import Reference
from meterflow.errors import BrokenInvariant
from meterflow.model_registry import SHIPPED, version_name
from meterflow.model_scores import Scores
from meterflow.scoring.model import Model, ModelRefused, shipped
from meterflow.training_data import Dataset

TRAINING = "training.json"


class Training(BaseModel):
    """How a version was made: its models' sums by name, and the facts for its card."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    files: Mapping[str, str]
    facts: Mapping[str, Any]
    validation: Mapping[str, Any] = {}


def dataset(key: str, sha256: str) -> Dataset:
    """The dataset at `key`. Raises BrokenInvariant where it is gone or not the promised one."""
    content = model_store.get(key)
    if content is None or training_data.sha256(content) != sha256:
        raise BrokenInvariant(f"the dataset {key} is not the one that was prepared")
    return Dataset.model_validate_json(content)


def keep(kind: str, cut: str, models: Mapping[str, bytes], document: Mapping[str, Any]) -> str:
    """Keep the models and how they were made under the version's name, which follows from their sums; return it.

    Keeping the same again changes nothing. `document` has `facts`, `validation` and, where there is one, `reference`.
    """
    files = {name: training_data.sha256(content) for name, content in sorted(models.items())}
    version = version_name(cut, files)
    for name, content in models.items():
        model_store.put_once(model_store.file_key(kind, version, f"{name}.json"), content)
    if document.get("reference"):
        drift_references.keep(kind, version, Reference.model_validate(document["reference"]))
    made = {"files": files, "facts": document["facts"], "validation": document["validation"]}
    content = json.dumps(made, sort_keys=True, indent=1).encode()
    model_store.put_once(model_store.file_key(kind, version, TRAINING), content)
    return version


def training(kind: str, version: str) -> Training:
    """How a version was made. Raises BrokenInvariant where that is gone."""
    content = model_store.get(model_store.file_key(kind, version, TRAINING))
    if content is None:
        raise BrokenInvariant(f"how {version} was made is gone")
    return Training.model_validate_json(content)


def models(kind: str, version: str) -> dict[str, Model]:
    """The models of a version by name. Raises ModelRefused where one is gone or has another checksum."""
    found = {}
    for name, sha256 in training(kind, version).files.items():
        content = model_store.get(model_store.file_key(kind, version, f"{name}.json"))
        if content is None:
            raise ModelRefused(f"{name} of {version} is gone")
        found[name] = Model.load(content, sha256)
    return found


def models_in_use(kind: str, version: str, names: tuple[str, ...]) -> dict[str, Model]:
    """The models of the version in use; of the shipped ones those of `names` that ship, so none before the first."""
    if version != SHIPPED:
        return models(kind, version)
    found = {}
    for name in names:
        try:
            found[name] = shipped(name)
        except ModelRefused:
            continue
    return found


def scores(key: str) -> Scores | None:
    """Scores that were kept, or None where there was nothing to score."""
    content = model_store.get(key)
    if content is None:
        raise BrokenInvariant(f"the scores {key} are gone")
    known = json.loads(content)
    return None if known is None else Scores.model_validate(known)
