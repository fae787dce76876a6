"""`meterflow train`: models, sums and card without a cloud; wrong data are named by their line."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from meterflow.scoring.model import Model


def row(**changes: Any) -> dict[str, Any]:
    given = {
        "example_id": "e-1", "kind": "leak", "sensor_id": "S-1", "timestamp": "2026-11-19T00:00:00Z",
        "zone": "STANDARD", "cause": "quiet", "features": {"flow_day": 0.5}, "truth": {"leak": False, "burst": False},
        "told_by": "operator: false_alarm", "told_at": "2026-11-20T00:00:00Z",
    }  # fmt: skip
    return given | changes


def test_it_writes_models_sums_and_a_card(meterflow: Callable[..., Any], tmp_path: Path) -> None:
    data, out = tmp_path / "judged.jsonl", tmp_path / "out"
    rows = [row(example_id=f"e-{number}", sensor_id=f"S-{number}") for number in range(8)]
    data.write_text("\n".join(json.dumps(one) for one in rows) + "\n\n")
    asked = ["--rows", "1200", "--trials", "1", "--budget", "5", "--seed", "3", "--out", str(out), "--data", str(data)]
    done = meterflow("train", "leak", *asked, "--json")
    assert done.status == 0, done.err
    said = json.loads(done.out)
    assert set(said["files"]) == {"leak-leak", "leak-burst"}
    for name, digest in said["files"].items():
        content = (out / f"{name}.json").read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest
        Model.load(content, digest)
    assert {"leak", "burst"} <= set(said["scores"]) == set(said["in_use"])
    assert said["scores"]["leak"]["rows"] >= 3000
    assert isinstance(said["gate"]["passed"], bool)
    assert said["data"]["live_rows"] + (said["scores"]["leak"]["rows"] - 3000) == 8
    card = (out / "card.md").read_text()
    assert said["sha256"] in card
    assert "live rows that people judged" in card
    assert "trial 1 of 1" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(("line", "word"), [
    ("no json", "line 2: no judged row"),
    (json.dumps(row(kind="fire")), "line 2: a row of fire, not of leak"),
    (json.dumps({key: value for key, value in row().items() if key != "truth"}), "line 2: no judged row: truth"),
])  # fmt: skip
def test_a_bad_line_is_named(meterflow: Callable[..., Any], tmp_path: Path, line: str, word: str) -> None:
    data = tmp_path / "judged.jsonl"
    data.write_text(f"{json.dumps(row())}\n{line}\n")
    done = meterflow("train", "leak", "--data", str(data), "--out", str(tmp_path / "out"))
    assert (done.status, done.out) == (1, "")
    assert word in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("arguments", [
    ("train",), ("train", "water"), ("train", "leak", "--rows", "10"), ("train", "leak", "--seed", "-1"),
    ("train", "leak", "--trials", "many"), ("train", "leak", "--budget", "0"),
])  # fmt: skip
def test_wrong_use(meterflow: Callable[..., Any], arguments: tuple[str, ...]) -> None:
    assert meterflow(*arguments).status == 2


def test_without_a_file_or_a_cloud(meterflow: Callable[..., Any], tmp_path: Path) -> None:
    done = meterflow("train", "leak", "--data", str(tmp_path / "none"))
    assert done.status == 1
    assert "No such file" in done.err
    done = meterflow("train", "leak", "--cloud")
    assert done.status == 1
    assert "make run" in done.err
