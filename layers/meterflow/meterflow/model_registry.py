"""The registry of models: one document a kind of model, its versions and their states. Plain rules; S3 is elsewhere.

    candidate ──> canary ──> current ──> retired ──> current (an operator goes back)
        │            │
        └────────────┴──> rejected

At most one version is the canary and at most one is current; where none is, the models shipped with the code serve.
Every change gives a new document with a higher revision, and making a change that was made already gives the same
document: a step that runs twice changes nothing the second time.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from meterflow.clock import to_text

SHIPPED = "shipped"
"""The version of the models that come with the code."""


class State(StrEnum):
    """Where a version stands."""

    CANDIDATE = "candidate"
    CANARY = "canary"
    CURRENT = "current"
    RETIRED = "retired"
    REJECTED = "rejected"


class NotPossible(ValueError):
    """The version's state does not allow the change."""


class Version(BaseModel):
    """One version. `files` are its models by name, each with its SHA-256; `sha256` is that of their list.

    `data`, `scores` and `limits` are what its card says; `reasons` is why it stands where it stands, and `decided_by`
    who decided: an execution's name, or a person's role. Nothing of a version but the last four ever changes.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: str
    sha256: str
    files: Mapping[str, str]
    registered_at: str
    origin: str
    seed: int | None = None
    data: Mapping[str, Any] = Field(default_factory=dict)
    scores: Mapping[str, Any] = Field(default_factory=dict)
    limits: tuple[str, ...] = ()
    state: State = State.CANDIDATE
    decided_at: str = ""
    decided_by: str = ""
    reasons: tuple[str, ...] = ()


class Registry(BaseModel):
    """Every version of a kind, the oldest first. `share` is the part of the meters that the canary serves (0..1)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: str
    revision: int = 0
    updated_at: str = ""
    share: float = 0.0
    versions: tuple[Version, ...] = ()

    def find(self, version: str) -> Version | None:
        """The version of this name."""
        return next((one for one in self.versions if one.version == version), None)

    def in_state(self, state: State) -> Version | None:
        """The newest version in `state`."""
        return next((one for one in reversed(self.versions) if one.state is state), None)

    @property
    def current(self) -> str:
        """The name of the version in use."""
        found = self.in_state(State.CURRENT)
        return found.version if found else SHIPPED


def sum_of(files: Mapping[str, str]) -> str:
    """The SHA-256 of a version: of the list of its files' sums, in the form of `sha256sum`."""
    return hashlib.sha256("".join(f"{files[name]}  {name}.json\n" for name in sorted(files)).encode()).hexdigest()


def version_name(cut: str, files: Mapping[str, str]) -> str:
    """The day of the data and the first figures of the sum: the same models of the same day have the same name."""
    return f"{cut[:10]}-{sum_of(files)[:8]}"


def share_of(version: str, sensor_id: str) -> float:
    """Where a meter or sensor stands between 0 and 1. Another version orders them anew, so that no meter is always the
    first to be tried on; for one version it never changes."""
    digest = hashlib.sha256(f"{version}\n{sensor_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def choose_version(registry: Registry, sensor_id: str) -> str:
    """The version that scores this meter or sensor: the canary below its share, else the one in use."""
    canary = registry.in_state(State.CANARY)
    if canary and share_of(canary.version, sensor_id) < registry.share:
        return canary.version
    return registry.current


def register(registry: Registry, version: Version, now: datetime) -> Registry:
    """Add a version. One of this name that has the same models stays as it is. Raises NotPossible for other models."""
    known = registry.find(version.version)
    if known is None:
        return _next(registry, now, versions=(*registry.versions, version))
    if known.sha256 != version.sha256:
        raise NotPossible(f"{version.version} has other models already")
    return registry


def start_canary(registry: Registry, version: str, share: float, now: datetime, by: str) -> Registry:
    """Let a candidate serve `share` of the meters. Raises NotPossible where another is being tried."""
    if not 0 < share <= 1:
        raise NotPossible(f"a canary's share is above 0 and at most 1, not {share}")
    canary = registry.in_state(State.CANARY)
    if canary and canary.version == version:
        return registry
    if canary:
        raise NotPossible(f"{canary.version} is being tried already")
    _demand(registry, version, State.CANDIDATE)
    return _decide(registry, now, by, {version: (State.CANARY, ())}, share=share)


def promote(registry: Registry, version: str, now: datetime, by: str, reasons: tuple[str, ...] = ()) -> Registry:
    """Let a candidate, canary or retired version serve every meter; the one in use retires."""
    found = _demand(registry, version, State.CANDIDATE, State.CANARY, State.RETIRED, State.CURRENT)
    if found.state is State.CURRENT:
        return registry
    changes: dict[str, tuple[State, tuple[str, ...]]] = {version: (State.CURRENT, reasons)}
    if before := registry.in_state(State.CURRENT):
        changes[before.version] = (State.RETIRED, (f"{version} took its place",))
    canary = registry.in_state(State.CANARY)
    share = 0.0 if canary is None or canary.version == version else registry.share
    return _decide(registry, now, by, changes, share=share)


def reject(registry: Registry, version: str, now: datetime, by: str, reasons: tuple[str, ...]) -> Registry:
    """Take a candidate or canary back for good."""
    found = _demand(registry, version, State.CANDIDATE, State.CANARY, State.REJECTED)
    if found.state is State.REJECTED:
        return registry
    share = 0.0 if found.state is State.CANARY else registry.share
    return _decide(registry, now, by, {version: (State.REJECTED, reasons)}, share=share)


def go_back(registry: Registry, now: datetime, by: str, reasons: tuple[str, ...]) -> Registry:
    """Undo the newest step: reject the canary; without one, retire the version in use for the one before it (the
    shipped models where there is none). Raises NotPossible where the shipped models serve already."""
    if canary := registry.in_state(State.CANARY):
        return reject(registry, canary.version, now, by, reasons)
    current = registry.in_state(State.CURRENT)
    if current is None:
        raise NotPossible("the shipped models serve: there is nothing to go back from")
    changes: dict[str, tuple[State, tuple[str, ...]]] = {current.version: (State.RETIRED, reasons)}
    older = registry.versions[: registry.versions.index(current)]
    if earlier := [one for one in older if one.state is State.RETIRED]:
        # The one that was in use last; of two of the same moment the newer.
        before = max(enumerate(earlier), key=lambda one: (one[1].decided_at, one[0]))[1]
        changes[before.version] = (State.CURRENT, (f"instead of {current.version}",))
    return _decide(registry, now, by, changes)


def _demand(registry: Registry, version: str, *states: State) -> Version:
    found = registry.find(version)
    if found is None:
        raise NotPossible(f"there is no {registry.kind} version {version}")
    if found.state not in states:
        raise NotPossible(f"{version} is {found.state}, not {' or '.join(states)}")
    return found


def _decide(
    registry: Registry, now: datetime, by: str, changes: Mapping[str, tuple[State, tuple[str, ...]]], **more: Any
) -> Registry:
    def changed(one: Version) -> Version:
        if one.version not in changes:
            return one
        state, reasons = changes[one.version]
        said = {"state": state, "reasons": reasons, "decided_at": to_text(now), "decided_by": by}
        return one.model_copy(update=said)

    return _next(registry, now, versions=tuple(map(changed, registry.versions)), **more)


def _next(registry: Registry, now: datetime, **changes: Any) -> Registry:
    return registry.model_copy(update={"revision": registry.revision + 1, "updated_at": to_text(now), **changes})
