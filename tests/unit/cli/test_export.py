"""`meterflow export`: every reading once, oldest first, and only evidence that holds."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli import api, submit
from cli.main import main
from meterflow import evidence

Run = Callable[..., Any]


def reading(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "submission_id": f"s-{number}",
        "meter_id": "WTR-0001",
        "taken_at": f"2026-11-{number:02d}T08:00:00Z",
        "value": f"00{number:03d}.000",
        "quality": "valid",
        "status": "ACCEPTED",
        "reasons": [],
        "original_value": None,
        "source": "customer",
        "received_at": f"2026-11-{number:02d}T09:00:00.120Z",
        "settled_at": f"2026-11-{number:02d}T09:00:01Z",
    } | changes


class Utility:
    """The API with five readings on pages of two; all accepted ones have their evidence."""

    def __init__(self) -> None:
        self.newest_first = [
            reading(5, status="PROCESSING", quality="raw", settled_at=None),
            reading(4, status="REJECTED", quality="raw", value="=1+1", source="device", reasons=["value_format"]),
            reading(3, quality="edited", original_value="00900.000", reasons=["high_use", "review_corrected"]),
            reading(2, quality="estimated", source="estimate"),
            reading(1),
        ]
        accepted = {one["submission_id"]: one for one in self.newest_first if one["status"] == "ACCEPTED"}
        self.records = {
            name: evidence.sealed({"format": evidence.FORMAT, "submission_id": name, "value": one["value"]})
            for name, one in accepted.items()
        }
        self.status = 404
        self.role = ""

    def as_role(self, _where: Any, role: str) -> "Utility":
        self.role = role
        return self

    def call(self, _method: str, path: str) -> Any:
        if path == "/meters/WTR-0001":
            return {"meter_id": "WTR-0001", "unit": "m3"}
        if path.startswith("/meters/WTR-0001/readings?limit=100"):
            start = int(path.partition("next=")[2] or 0)
            more = {"next": str(start + 2)} if start + 2 < len(self.newest_first) else {}
            return {"items": self.newest_first[start : start + 2]} | more
        name = path.split("/")[2]
        if path == f"/readings/{name}/evidence" and name in self.records:
            return self.records[name]
        raise api.Refused("No", self.status)


@pytest.fixture
def utility(stopped_cloud: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Utility:  # noqa: ARG001
    one = Utility()
    monkeypatch.setattr(submit, "log_in", one.as_role)
    return one


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_all_readings_with_quality_and_original(meterflow: Run, utility: Utility) -> None:
    done = meterflow("export", "--meter", "WTR-0001")
    assert (done.status, done.err, utility.role) == (0, "", "operator")
    found = rows(done.out)
    assert [one["submission_id"] for one in found] == ["s-1", "s-2", "s-3", "s-4", "s-5"]
    assert [one["quality"] for one in found] == ["valid", "estimated", "edited", "raw", "raw"]
    third = found[2]
    assert (third["value"], third["original_value"], third["unit"]) == ("00003.000", "00900.000", "m3")
    assert third["reasons"] == "high_use review_corrected"
    # A spreadsheet must not run what a device sent.
    assert found[3]["value"] == "'=1+1"


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (("--from", "2026-11-03T08:00:00Z"), ["s-3", "s-4", "s-5"]),
        (("--to", "2026-11-03T08:00:00Z"), ["s-1", "s-2"]),
        (("--from", "2026-11-02T09:00:00+01:00", "--to", "2026-11-04T00:00:00Z"), ["s-2", "s-3"]),
    ],
)
@pytest.mark.usefixtures("utility")
def test_a_part_of_the_time(meterflow: Run, limits: tuple[str, ...], expected: list[str]) -> None:
    done = meterflow("export", "--meter", "WTR-0001", *limits)
    assert [one["submission_id"] for one in rows(done.out)] == expected


def test_files_and_evidence_that_verify_takes(meterflow: Run, utility: Utility, tmp_path: Path) -> None:
    out, folder = tmp_path / "readings.csv", tmp_path / "proof" / "2026"
    done = meterflow("export", "--meter", "WTR-0001", "--out", str(out), "--evidence", str(folder))
    assert (done.status, done.err) == (0, "")
    assert len(rows(out.read_text(encoding="utf-8"))) == 5
    assert sorted(path.name for path in folder.iterdir()) == ["s-1.json", "s-2.json", "s-3.json"]
    for path in folder.iterdir():
        record = json.loads(path.read_text(encoding="utf-8"))
        assert record == utility.records[record["submission_id"]]
        assert evidence.verify(record) == record["sha256"]


@pytest.mark.parametrize("fault", ["spoilt", "busy"])
def test_nothing_is_written_where_evidence_does_not_hold(
    meterflow: Run, utility: Utility, tmp_path: Path, fault: str
) -> None:
    if fault == "spoilt":
        utility.records["s-2"]["value"] = "00999.000"
    else:
        utility.status = 503
    out, folder = tmp_path / "readings.csv", tmp_path / "proof"
    done = meterflow("export", "--meter", "WTR-0001", "--out", str(out), "--evidence", str(folder))
    assert (done.status, done.out, done.err.count("\n")) == (1, "", 1)
    assert not out.exists()
    assert not folder.exists()


@pytest.mark.usefixtures("utility")
def test_wrong_words_are_told_on_one_line(meterflow: Run) -> None:
    assert meterflow("export", "--meter", "NOBODY").status == 1
    done = meterflow("export", "--meter", "WTR-0001", "--from", "yesterday")
    assert (done.status, done.out) == (1, "")
    assert "yesterday" in done.err
    assert meterflow("export").status == 2


def test_a_cloud_that_does_not_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--meter", "WTR-0001"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
