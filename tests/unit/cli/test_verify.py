"""`meterflow verify`: what a third party sees."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from meterflow import evidence

DOCUMENT = {"format": evidence.FORMAT, "submission_id": "s-1", "value": "00123.456", "quality": "valid", "photo": None}


def write(path: Path, document: dict[str, Any]) -> str:
    path.write_text(json.dumps(document))
    return str(path)


def test_a_whole_record_and_its_chain(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"photo")
    first = evidence.sealed(DOCUMENT)
    named = {"sha256": hashlib.sha256(b"photo").hexdigest()}
    second = evidence.sealed(DOCUMENT | {"previous_sha256": first["sha256"], "photo": named})
    files = [write(tmp_path / "1.json", first), write(tmp_path / "2.json", second)]
    assert main(["verify", *files, "--photo", str(photo), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said == {
        "verified": True,
        "records": 2,
        "sha256": second["sha256"],
        "value": "00123.456",
        "quality": "valid",
        "photo": True,
    }
    assert main(["verify", files[0]]) == 0
    assert "00123.456, valid, whole" in capsys.readouterr().out
    assert main(["verify", *reversed(files)]) == 1


@pytest.mark.parametrize("spoil", [lambda one: one | {"value": "00923.456"}, lambda _: {"a": 1}, lambda _: "no record"])
def test_what_was_changed_is_told_on_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], spoil: Any) -> None:
    name = write(tmp_path / "spoilt.json", spoil(evidence.sealed(DOCUMENT)))
    assert main(["verify", name]) == 1
    shown = capsys.readouterr()
    assert (shown.out, shown.err.count("\n")) == ("", 1)
    assert "spoilt.json" in shown.err


def test_no_json_and_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.json"
    path.write_text("{")
    assert main(["verify", str(path)]) == 1
    assert "no JSON" in capsys.readouterr().err
    assert main(["verify", str(tmp_path / "gone.json")]) == 1
