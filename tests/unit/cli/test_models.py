"""`meterflow models`: what ships and what is registered; an operator's decisions; a reader from elsewhere."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli import lake, models
from local import endpoints
from meterflow import model_registry, training_data
from meterflow.adapters import model_store
from meterflow.errors import TransientError
from meterflow.model_registry import Registry, State, Version
from meterflow.scoring import model as scoring_model

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def cloud(aws: None, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """A laptop cloud whose lake is moto's."""
    assert aws is None

    @contextmanager
    def connected() -> Iterator[dict[str, str]]:
        yield {}

    monkeypatch.setattr(lake, "connected", connected)
    (home / "endpoints.json").write_text("{}")
    assert endpoints.file().exists()


def have(name: str, state: str = "") -> None:
    """A leak version in the registry."""
    content = name.encode()
    files = {"leak-leak": training_data.sha256(content)}
    model_store.put_once(model_store.file_key("leak", name, "leak-leak.json"), content)
    version = Version(
        version=name, sha256=model_registry.sum_of(files), files=files, registered_at="2026-11-21T00:00:00Z",
        origin="test", scores={"leak": {"auc": 0.91, "rows": 10}},
    )  # fmt: skip

    def change(registry: Registry) -> Registry:
        registry = model_registry.register(registry, version, NOW)
        if state == "canary":
            return model_registry.start_canary(registry, name, 0.1, NOW, "t")
        return model_registry.promote(registry, name, NOW, "t") if state == "current" else registry

    model_store.change("leak", change)


@pytest.mark.usefixtures("cloud")
def test_a_cloud_that_does_not_answer_leaves_the_shipped_ones_and_is_said(
    meterflow: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(kind: str) -> Registry:
        raise TransientError(f"EndpointConnectionError {kind}")

    monkeypatch.setattr(model_store, "load", silent)
    done = meterflow("models", "list", "--json")
    assert done.status == 0
    assert {row["version"] for row in json.loads(done.out)["versions"]} == {"shipped"}
    assert "does not answer" in done.err


def test_what_ships_is_listed_without_a_cloud(meterflow: Callable[..., Any]) -> None:
    done = meterflow("models", "list", "--json")
    assert done.status == 0
    rows = json.loads(done.out)["versions"]
    assert {row["name"] for row in rows} >= {"leak-leak", "leak-burst"}
    assert {row["state"] for row in rows} == {"current"}
    assert {row["kind"] for row in rows} >= {"leak", "reader"}
    plain = meterflow("models")
    assert "leak-burst" in plain.out


@pytest.mark.usefixtures("cloud")
def test_registered_versions_stand_beside_them_with_their_states(meterflow: Callable[..., Any]) -> None:
    have("a", "current")
    have("b", "canary")
    rows = json.loads(meterflow("models", "list", "--json").out)["versions"]
    found = {(row["version"], row["state"]): row for row in rows if row["kind"] == "leak"}
    assert set(found) == {("shipped", "replaced"), ("a", "current"), ("b", "canary")}
    assert found[("a", "current")]["scores"] == {"leak": 0.91}
    assert json.loads(meterflow("models", "show", "leak", "b", "--json").out)["state"] == "canary"
    missing = meterflow("models", "show", "leak", "x")
    assert missing.status == 1
    assert "no leak version x" in missing.err


@pytest.mark.usefixtures("cloud")
def test_an_operator_promotes_and_goes_back(meterflow: Callable[..., Any]) -> None:
    have("a", "current")
    have("b", "canary")
    done = meterflow("models", "promote", "leak", "b", "--reason", "we looked at it", "--json")
    assert json.loads(done.out)["current"] == "b"
    registry = model_store.load("leak")
    found = registry.find("b")
    assert found
    assert (found.state, found.reasons, found.decided_by) == (State.CURRENT, ("we looked at it",), models.BY)
    assert "a serves" in meterflow("models", "rollback", "leak", "--reason", "too many alarms").out
    assert "shipped serves" in meterflow("models", "rollback", "leak", "--reason", "still").out
    last = meterflow("models", "rollback", "leak", "--reason", "still")
    assert last.status == 1
    assert "nothing to go back from" in last.err


@pytest.mark.usefixtures("cloud")
def test_every_checksum_is_computed_again(meterflow: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    have("a", "current")
    assert meterflow("models", "verify").status == 0
    monkeypatch.setattr(model_store, "get", lambda _key: b"something else")
    done = meterflow("models", "verify", "--json")
    assert done.status == 1
    assert json.loads(done.out)["problems"] == ["leak a: leak-leak is gone or another one"]


def test_a_shipped_model_that_was_changed_is_found(
    meterflow: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "leak-leak.json").write_bytes(b"{}")
    (tmp_path / "SHA256SUMS").write_text(f"{'0' * 64}  leak-leak.json\n")
    monkeypatch.setattr(scoring_model, "SHIPPED", tmp_path)
    done = meterflow("models", "verify")
    assert done.status == 1
    assert "leak-leak.json: not what SHA256SUMS says" in done.out


def reader(folder: Path, exact: int) -> tuple[str, str]:
    """A reader's folder and its evaluation."""
    folder.mkdir()
    (folder / "recognise.onnx").write_bytes(b"weights")
    (folder / "SHA256SUMS").write_text(f"{hashlib.sha256(b'weights').hexdigest()}  recognise.onnx\n")
    known = json.loads(models.READER_EVALUATION.read_text())
    halves = {half: {"summary": {**one["summary"], "exact": exact}} for half, one in known.items() if "summary" in one}
    evaluation = folder.parent / f"{folder.name}.json"
    evaluation.write_text(json.dumps(halves))
    return str(folder), str(evaluation)


@pytest.mark.usefixtures("cloud")
@pytest.mark.parametrize(("exact", "state"), [(99, State.CANDIDATE), (0, State.REJECTED)])
def test_a_reader_from_elsewhere_goes_through_its_gate(
    meterflow: Callable[..., Any], tmp_path: Path, exact: int, state: State
) -> None:
    artefact, evaluation = reader(tmp_path / "reader", exact)
    done = meterflow("models", "register", "reader", "--artefact", artefact, "--evaluation", evaluation, "--json")
    assert done.status == (0 if state is State.CANDIDATE else 1)
    version = json.loads(done.out)["version"]
    found = model_store.load("reader").find(version)
    assert found
    assert found.state is state
    assert "deployed" in found.limits[0]
    assert meterflow("models", "verify").status == 0


@pytest.mark.usefixtures("cloud")
def test_a_reader_that_is_not_what_it_says_is_refused(meterflow: Callable[..., Any], tmp_path: Path) -> None:
    artefact, evaluation = reader(tmp_path / "reader", 99)
    (tmp_path / "reader/recognise.onnx").write_bytes(b"other weights")
    done = meterflow("models", "register", "reader", "--artefact", artefact, "--evaluation", evaluation)
    assert done.status == 1
    assert "not what SHA256SUMS says" in done.err
    assert model_store.load("reader").versions == ()


@pytest.mark.parametrize("arguments", [
    ("models", "promote", "leak"), ("models", "promote", "leak", "v"), ("models", "rollback", "leak"),
    ("models", "register", "leak", "--artefact", "x", "--evaluation", "y"), ("models", "dance"),
])  # fmt: skip
def test_wrong_use(meterflow: Callable[..., Any], arguments: tuple[str, ...]) -> None:
    assert meterflow(*arguments).status == 2
