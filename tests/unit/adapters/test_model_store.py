"""The registry and the files of models in the lake: two writers keep both, nothing is written over."""

from datetime import UTC, datetime
from typing import Any

import pytest

from meterflow import model_registry
from meterflow.adapters import model_store
from meterflow.errors import BrokenInvariant, TransientError
from meterflow.model_registry import Registry, Version

NOW = datetime(2026, 11, 21, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("aws")


def adding(name: str) -> Any:
    version = Version(version=name, sha256=name, files={}, registered_at="2026-11-21T00:00:00Z", origin="test")
    return lambda registry: model_registry.register(registry, version, NOW)


def test_a_first_version_and_a_second() -> None:
    assert model_store.load("leak") == Registry(kind="leak")
    model_store.change("leak", adding("a"))
    model_store.change("leak", adding("b"))
    found = model_store.load("leak")
    assert [one.version for one in found.versions] == ["a", "b"]
    assert found.revision == 2
    assert model_store.load("fire").versions == ()


def test_what_changes_nothing_is_not_written() -> None:
    model_store.change("leak", adding("a"))
    assert model_store.change("leak", adding("a")).revision == 1


def test_two_writers_at_once_keep_both_their_versions() -> None:
    raced = []

    def change(registry: Registry) -> Registry:
        if not raced:
            raced.append(model_store.change("leak", adding("other")))
        return adding("mine")(registry)

    found = model_store.change("leak", change)
    assert [one.version for one in found.versions] == ["other", "mine"]
    assert model_store.load("leak") == found


def test_whoever_always_loses_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_store.time, "sleep", lambda _seconds: None)
    count = iter(range(99))

    def change(registry: Registry) -> Registry:
        model_store._write(adding(f"other-{next(count)}")(model_store.load("leak")), model_store._read("leak")[1])
        return adding("mine")(registry)

    with pytest.raises(TransientError, match="won 8 times"):
        model_store.change("leak", change)


def test_a_file_is_written_once() -> None:
    key = model_store.file_key("leak", "v", "leak-leak.json")
    assert key == "models/leak/v/leak-leak.json"
    assert model_store.get(key) is None
    model_store.put_once(key, b"one")
    model_store.put_once(key, b"one")
    with pytest.raises(BrokenInvariant):
        model_store.put_once(key, b"two")
    assert not model_store.put_new(key, b"two")
    assert model_store.get(key) == b"one"
