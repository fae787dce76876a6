"""Which models score a meter or sensor: the registry's choice, and the shipped ones where that cannot be had.

The registry is read again after a minute, so a promotion or a way back reaches every warm function within one, and
nothing is deployed for it. A version's models are kept in memory; each is loaded only where its bytes have the SHA-256
that the registry promises. Whatever fails on the way, scoring goes on: with the version before, else with what shipped.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from meterflow import settings
from meterflow.adapters import model_store
from meterflow.errors import MeterflowError, TransientError
from meterflow.model_registry import SHIPPED, Registry, choose_version
from meterflow.observability import logger
from meterflow.scoring.model import Model, ModelRefused

KEPT_SECONDS = 60
# Of three kinds the version in use and the canary.
KEPT_VERSIONS = 6
_registries: dict[str, tuple[float, Registry]] = {}
_versions: dict[tuple[str, str], Mapping[str, Model]] = {}
_failed: dict[tuple[str, str], float] = {}


@dataclass(frozen=True, slots=True)
class Served:
    """The models to score with, by name (`leak-burst`). Empty where the shipped ones serve, which scorers load by
    themselves. `degraded` says what could not be had."""

    version: str
    models: Mapping[str, Model]
    degraded: str = ""


def served(kind: str, sensor_id: str) -> Served:
    """The models of `kind` for this meter or sensor. Never raises for want of a registry or a model."""
    registry = _registry(kind)
    version = choose_version(registry, sensor_id)
    for wanted in dict.fromkeys((version, registry.current)):
        if wanted == SHIPPED:
            return Served(SHIPPED, {}, "" if version == SHIPPED else f"{version} cannot be loaded")
        if models := _loaded(registry, wanted):
            return Served(wanted, models, "" if wanted == version else f"{version} cannot be loaded")
    return Served(SHIPPED, {}, f"{version} cannot be loaded")


def _registry(kind: str) -> Registry:
    """The registry, at most a minute old; an older one, or an empty one, where it cannot be read."""
    read_at, known = _registries.get(kind, (0.0, Registry(kind=kind)))
    if read_at and time.monotonic() - read_at < KEPT_SECONDS:
        return known
    if settings.optional_setting("LAKE_BUCKET") is None:
        return known
    try:
        known = model_store.load(kind)
    except (TransientError, ValueError) as error:
        logger.warning("registry not read", extra={"error": type(error).__name__})
    # Also after a failure: a registry that is away must not be asked for with every row.
    _registries[kind] = (time.monotonic(), known)
    return known


def _loaded(registry: Registry, version: str) -> Mapping[str, Model] | None:
    """The models of a version, or None where they cannot be had; that is tried again after a minute."""
    key = (registry.kind, version)
    if key in _versions:
        return _versions[key]
    if key in _failed and time.monotonic() - _failed[key] < KEPT_SECONDS:
        return None
    try:
        models = _fetched(registry, version)
    except MeterflowError as error:
        logger.warning("model not loaded", extra={"version": version, "error": type(error).__name__})
        _failed[key] = time.monotonic()
        return None
    while len(_versions) >= KEPT_VERSIONS:
        del _versions[next(iter(_versions))]
    _versions[key] = models
    return models


def _fetched(registry: Registry, version: str) -> Mapping[str, Model]:
    """The models of a version from the lake. Raises ModelRefused or TransientError."""
    found = registry.find(version)
    if found is None:
        raise ModelRefused(f"the registry has no {version}")
    models = {}
    for name, sha256 in found.files.items():
        content = model_store.get(model_store.file_key(registry.kind, version, f"{name}.json"))
        if content is None:
            raise ModelRefused(f"{name} of {version} is gone")
        models[name] = Model.load(content, sha256)
    return models
