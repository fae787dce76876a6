"""`meterflow models`: the versions of the models, their scores and states; promote, go back, check, register."""

import argparse
import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cli import lake
from local import endpoints, paths
from meterflow import clock, model_gate, model_registry, training_data
from meterflow.adapters import model_store
from meterflow.errors import TransientError
from meterflow.model_registry import SHIPPED, Registry, State, Version
from meterflow.scoring import model as scoring_model

READER = "reader"
KINDS = (*training_data.KINDS, READER)
READER_WEIGHTS = paths.ROOT / "functions/image_validation/read_photo/open_reader/weights"
READER_EVALUATION = paths.ROOT / "docs/models/evaluation.json"
READER_LIMITS = (
    "Trained elsewhere, with torch (make train-reader). The registry says which reader is good; what reads photos are "
    "the weights in the artefact of ReadPhoto, so promoting one here changes nothing before its weights are deployed.",
)
BY = "operator, meterflow models"


def add_to(commands: Any) -> None:
    """Add it to the command line."""
    command = commands.add_parser(
        "models", help="versions of the models: list, show, verify, promote, rollback, register"
    )
    parts = command.add_subparsers(dest="part", metavar="list|show|verify|promote|rollback|register")
    command.set_defaults(run=show_all, json=False, part="list")
    for name, run, help_text in (
        ("list", show_all, "every version with its state; needs no cloud for the shipped ones"),
        ("show", show_one, "what is known of a version"),
        ("verify", verify, "recompute every checksum"),
        ("promote", promote, "let a version serve every meter"),
        ("rollback", roll_back, "undo the newest step: end a trial, else go back to the version before"),
        ("register", register, "enter a reader that was trained elsewhere, through the gate"),
    ):
        part = parts.add_parser(name, help=help_text)
        part.add_argument("--json", action="store_true", help="one JSON object and nothing else")
        part.set_defaults(run=run)
        if name in ("show", "promote", "rollback"):
            part.add_argument("kind", choices=KINDS, metavar="KIND", help="leak, energy, fire or reader")
        if name in ("show", "promote"):
            part.add_argument("version", metavar="VERSION")
        if name in ("promote", "rollback"):
            part.add_argument("--reason", required=True, metavar="TEXT", help="why, for the registry")
        if name == "register":
            part.add_argument("kind", choices=(READER,), metavar="KIND", help="reader")
            part.add_argument("--artefact", type=Path, required=True, metavar="DIR", help="its weights, a folder")
            part.add_argument("--evaluation", type=Path, required=True, metavar="FILE", help="by make evaluate-reader")
            part.add_argument("--data", default="see docs/models/meter-reader.md", metavar="TEXT", help="learned from")


def registries() -> dict[str, Registry]:
    """The registry of each kind, or nothing where no cloud runs here, or where it does not answer, which is said."""
    if not endpoints.file().exists():
        return {}
    try:
        with lake.connected():
            return {kind: model_store.load(kind) for kind in KINDS}
    except TransientError:
        print("meterflow: the laptop cloud does not answer: these are the shipped models alone", file=sys.stderr)
        return {}


def show_all(arguments: argparse.Namespace) -> int:
    """List the shipped models and the registered versions."""
    found = [*shipped(), *(row for registry in registries().values() for row in registered(registry))]
    serving = {row["kind"] for row in found if row["state"] == State.CURRENT}
    for row in found:
        if row["version"] == SHIPPED:
            row["state"] = "replaced" if row["kind"] in serving else "current"
    if arguments.json:
        print(json.dumps({"versions": found}))
        return 0
    for row in found:
        scores = "  ".join(f"{name} {value}" for name, value in row["scores"].items())
        print(f"{row['kind']:<7} {row['version']:<20} {row['state']:<10} {row['name'] or '':<16} {scores}".rstrip())
    return 0


def shipped() -> list[dict[str, Any]]:
    """The models that come with the code, each with what its file says of itself."""
    rows = []
    for name, sha256 in sorted(sums(scoring_model.SHIPPED).items()):
        stem = name.removesuffix(".json")
        try:
            known = scoring_model.shipped(stem)
            held = known.provenance.get("held_out", {})
            scores = {key: value for key, value in held.items() if isinstance(value, int | float)}
        except scoring_model.ModelRefused:
            # `verify` says why; the list shows what is there.
            scores = {}
        rows.append(_row(stem.split("-")[0], SHIPPED, "", scores, sha256, stem))
    if (READER_WEIGHTS / "SHA256SUMS").exists():
        listed = model_registry.sum_of(sums(READER_WEIGHTS))
        rows.append(_row(READER, SHIPPED, "", _reader_scores(READER_EVALUATION), listed, None))
    return rows


def registered(registry: Registry) -> list[dict[str, Any]]:
    """The versions of a registry, the oldest first."""
    return [
        _row(registry.kind, one.version, str(one.state), _short(one.scores), one.sha256, None)
        | {"reasons": list(one.reasons), "registered_at": one.registered_at, "decided_by": one.decided_by}
        for one in registry.versions
    ]


def _row(kind: str, version: str, state: str, scores: Any, sha256: str, name: str | None) -> dict[str, Any]:
    return {"kind": kind, "version": version, "state": state, "name": name, "scores": scores, "sha256": sha256}


def _short(scores: Any) -> dict[str, Any]:
    """The score of each question that sorts versions: the area under the curve."""
    return {name: one.get("auc", one.get("exact")) if isinstance(one, dict) else one for name, one in scores.items()}


def show_one(arguments: argparse.Namespace) -> int:
    """Print the registry's entry of a version."""
    registry = registries().get(arguments.kind, Registry(kind=arguments.kind))
    found = registry.find(arguments.version)
    if found is None:
        raise ValueError(f"there is no {arguments.kind} version {arguments.version} (meterflow models list)")
    print(found.model_dump_json(indent=None if arguments.json else 1))
    return 0


def verify(arguments: argparse.Namespace) -> int:
    """Recompute the checksum of every shipped and registered model. Exit 1 where one is not what it should be."""
    problems, checked = [], 0
    for folder in (scoring_model.SHIPPED, READER_WEIGHTS):
        for name, sha256 in sorted(sums(folder).items()):
            checked += 1
            path = folder / name
            if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
                problems.append(f"{path}: not what SHA256SUMS says")
    if endpoints.file().exists():
        with lake.connected():
            for kind in KINDS:
                for one in model_store.load(kind).versions:
                    checked += len(one.files)
                    problems += _registered_problems(kind, one)
    if arguments.json:
        print(json.dumps({"checked": checked, "problems": problems}))
    else:
        print("\n".join(problems) or f"{checked} models are what their checksums say")
    return 1 if problems else 0


def _registered_problems(kind: str, version: Version) -> list[str]:
    problems = []
    if model_registry.sum_of(version.files) != version.sha256:
        problems.append(f"{kind} {version.version}: its list of files is another one")
    for name, sha256 in version.files.items():
        content = model_store.get(
            model_store.file_key(kind, version.version, name if kind == READER else f"{name}.json")
        )
        if content is None or hashlib.sha256(content).hexdigest() != sha256:
            problems.append(f"{kind} {version.version}: {name} is gone or another one")
    return problems


def promote(arguments: argparse.Namespace) -> int:
    """Let a version serve every meter within a minute, gate and trial or not: the operator answers for it."""
    now = clock.now()
    return _decide(arguments, lambda one: model_registry.promote(one, arguments.version, now, BY, (arguments.reason,)))


def roll_back(arguments: argparse.Namespace) -> int:
    """Undo the newest step."""
    now = clock.now()
    return _decide(arguments, lambda one: model_registry.go_back(one, now, BY, (arguments.reason,)))


def _decide(arguments: argparse.Namespace, change: Callable[[Registry], Registry]) -> int:
    with lake.connected():
        registry = model_store.change(arguments.kind, change)
    if arguments.json:
        print(json.dumps({"kind": registry.kind, "current": registry.current, "revision": registry.revision}))
    else:
        print(f"{registry.kind}: {registry.current} serves, registry revision {registry.revision}")
    return 0


def register(arguments: argparse.Namespace) -> int:
    """Enter a reader that was trained elsewhere. Exit 1 where the gate refuses it; it is kept all the same."""
    listed = sums(arguments.artefact)
    contents = {name: (arguments.artefact / name).read_bytes() for name in listed}
    for name, content in contents.items():
        if hashlib.sha256(content).hexdigest() != listed[name]:
            raise ValueError(f"{arguments.artefact / name}: not what SHA256SUMS says")
    judged = model_gate.judge_reader(_summaries(arguments.evaluation), _summaries(READER_EVALUATION))
    now = clock.now()
    version = Version(
        version=model_registry.version_name(clock.to_text(now), listed),
        sha256=model_registry.sum_of(listed),
        files=listed,
        registered_at=clock.to_text(now),
        origin="trained elsewhere, registered by the command",
        data={"source": arguments.data},
        scores=_summaries(arguments.evaluation),
        limits=READER_LIMITS,
    )

    def enter(registry: Registry) -> Registry:
        entered = model_registry.register(registry, version, now)
        known = entered.find(version.version)
        if known and known.state is State.CANDIDATE and not judged.passed:
            return model_registry.reject(entered, version.version, now, "the gate", judged.reasons)
        return entered

    with lake.connected():
        for name, content in contents.items():
            model_store.put_once(model_store.file_key(READER, version.version, name), content)
        model_store.change(READER, enter)
    if arguments.json:
        print(json.dumps({"version": version.version, **judged.model_dump(mode="json")}))
    else:
        print(
            f"{READER} {version.version}: {'candidate' if judged.passed else 'rejected: ' + '; '.join(judged.reasons)}"
        )
    return 0 if judged.passed else 1


def sums(folder: Path) -> dict[str, str]:
    """What SHA256SUMS in a folder promises, by file name; nothing where there is none."""
    path = folder / "SHA256SUMS"
    if not path.exists():
        return {}
    pairs = (line.split(maxsplit=1) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return {name.lstrip("*"): digest for digest, name in pairs}


def _summaries(path: Path) -> dict[str, dict[str, float]]:
    """The summary of each half in an evaluation. Raises ValueError where it is none."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return {half: dict(found["summary"]) for half, found in document.items() if "summary" in found}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError(f"{path}: this is no evaluation of the reader (make evaluate-reader)") from None


def _reader_scores(path: Path) -> dict[str, Any]:
    known = _summaries(path) if path.exists() else {}
    return {f"{half}: exact": f"{one['exact']:g}/{one['readable']:g}" for half, one in known.items()}
