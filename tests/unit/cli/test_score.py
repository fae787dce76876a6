"""`meterflow score` as a person runs it: what it prints for good files, bad rows and files that are none."""

import io
import json
import math
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
KEYS = ["row", "id", "timestamp", "score", "probabilities", "risk_level", "alert", "kind", "reason"]
START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """`write("a,b", "1,2")` makes a file of these lines and returns its name."""

    def lines(*lines: str, name: str = "readings.csv", encoding: str = "utf-8", end: str = "\n") -> str:
        path = tmp_path / name
        path.write_bytes("".join(line + end for line in lines).encode(encoding))
        return str(path)

    return lines


def series(count: int, start: datetime = START, step: timedelta = timedelta(hours=1)) -> list[str]:
    """A daily wave with a burst of ten hours near the end."""
    rows = []
    for at in range(count):
        value = 10 + 5 * math.sin(2 * math.pi * at / 24) + 0.3 * math.sin(at * 1.7)
        rows.append(f"{(start + at * step).isoformat()},{value + (60 if count - 40 <= at < count - 30 else 0):.3f}")
    return rows


def objects(done: Any) -> list[dict[str, Any]]:
    """The objects on standard output, which holds nothing else."""
    return [json.loads(line) for line in done.out.splitlines()]


def test_json_has_an_object_a_row_in_the_contract_form(meterflow: Run, write: Callable[..., str]) -> None:
    done = meterflow("score", "energy", write("timestamp,value", *series(1200)), "--json")
    assert done.status == 0
    assert done.err == ""
    found = objects(done)
    assert [one["row"] for one in found] == list(range(1, 1201))
    assert all(list(one) == KEYS for one in found)
    assert all(0 <= one["score"] <= 1 for one in found)
    assert found[0] | {"reason": ""} == {
        "row": 1, "id": None, "timestamp": "2026-03-01T00:00:00Z", "score": 0.0, "probabilities": {},
        "risk_level": "LOW", "alert": False, "kind": "too_little_data", "reason": "",
    }  # fmt: skip
    # The burst of rows 1161 to 1170 is told, and soon.
    told = [one["row"] for one in found if one["alert"]]
    assert any(1161 <= row <= 1170 for row in told)


def test_a_person_gets_a_line_a_row_and_a_summary(meterflow: Run, write: Callable[..., str]) -> None:
    done = meterflow("score", "energy", write("timestamp,value", *series(1200), "2026-05-01,NaN"))
    lines = done.out.splitlines()
    assert len(lines) == 1201
    assert "ALERT" in "".join(lines[1160:1170])
    assert "not scored: value is not a number: NaN" in lines[-1]
    assert "row 1201: value is not a number: NaN" in done.err
    assert "1,201 rows of 1 id" in done.err
    assert "1 bad row not scored" in done.err


def test_only_the_alerts(meterflow: Run, write: Callable[..., str]) -> None:
    done = meterflow("score", "energy", write("timestamp,value", *series(1200)), "--json", "--alerts")
    found = objects(done)
    assert found
    assert all(one["alert"] for one in found)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("d1,2026-03-01T05:00:00Z,NaN,230", "energy_consumption is not a number: NaN"),
        ("d1,2026-03-01T05:00:00Z,inf,230", "energy_consumption is infinite: inf"),
        ("d1,2026-03-01T05:00:00Z,-Infinity,230", "energy_consumption is infinite: -Infinity"),
        ("d1,2026-03-01T05:00:00Z,1e999,230", "energy_consumption is infinite: 1e999"),
        ("d1,2026-03-01T05:00:00Z,-3,230", "energy_consumption is negative: -3"),
        ("d1,2026-03-01T05:00:00Z,lots,230", "energy_consumption is no number: 'lots'"),
        ("d1,2026-03-01T05:00:00Z,1_0,230", "energy_consumption cannot be '1_0'"),
        ("d1,2026-03-01T05:00:00Z,1e300,230", "energy_consumption cannot be '1e300'"),
        ("d1,2026-03-01T05:00:00Z,,", "nothing was measured"),
        ("d1,2026-03-01T05:00:00Z,1", "3 columns where the header has 4"),
        ("d1,2026-03-01T05:00:00Z,1,230,9", "5 columns where the header has 4"),
        ('d1,2026-03-01T05:00:00Z,"1,230', "its quotes do not fit"),
        ("d1,yesterday,1,230", "'yesterday' is not a time"),
        ("d1,2026-02-30T05:00:00Z,1,230", "'2026-02-30T05:00:00Z' is not a time"),
        ("d1,0001-01-01T00:00:00+14:00,1,230", "the year of '0001-01-01T00:00:00+14:00' is out of range"),
        ("d1,,1,230", "no timestamp"),
        (",2026-03-01T05:00:00Z,1,230", "no device_id"),
    ],
)
def test_a_bad_row_is_named_and_the_rest_is_scored(
    line: str, reason: str, meterflow: Run, write: Callable[..., str]
) -> None:
    good = [f"d1,2026-03-01T0{hour}:00:00Z,1,230" for hour in range(9)]
    name = write("device_id,timestamp,energy_consumption,voltage", *good[:5], line, *good[6:])
    done = meterflow("score", "energy", name, "--json")
    assert done.status == 0
    assert done.err == f"row 6: {reason}\n"
    found = objects(done)
    assert [one["row"] for one in found] == list(range(1, 10))
    bad = found[5]
    assert list(bad) == KEYS
    assert (bad["score"], bad["alert"], bad["kind"], bad["reason"]) == (None, False, "bad_row", reason)
    assert bad["probabilities"] == {}
    assert all(one["score"] is not None for one in found if one["row"] != 6)
    if "05:00:00Z,NaN" in line:
        assert (bad["id"], bad["timestamp"]) == ("d1", "2026-03-01T05:00:00Z")


def test_a_bad_row_teaches_nothing(meterflow: Run, write: Callable[..., str]) -> None:
    rows = series(1200)
    whole = objects(meterflow("score", "energy", write("timestamp,value", *rows), "--json"))
    spoilt = [*rows[:700], "2026-03-30T04:30:00,-1", "2026-03-30T04:31:00,inf", *rows[700:]]
    found = objects(meterflow("score", "energy", write("timestamp,value", *spoilt), "--json"))
    rest = [one for one in found if one["kind"] != "bad_row"]
    assert [one | {"row": 0} for one in rest] == [one | {"row": 0} for one in whole]


def test_a_series_that_lives_below_zero_is_scored(meterflow: Run, write: Callable[..., str]) -> None:
    rows = [f"{(START + timedelta(hours=at)).isoformat()},{math.sin(at) - 20:.3f}" for at in range(300)]
    found = objects(meterflow("score", "energy", write("timestamp,value", *rows), "--json"))
    assert all(one["score"] is not None for one in found)


def test_duplicate_times_are_scored(meterflow: Run, write: Callable[..., str]) -> None:
    rows = series(600)
    found = objects(meterflow("score", "energy", write("timestamp,value", *rows[:300], *rows[299:]), "--json"))
    assert len(found) == 601
    assert all(one["score"] is not None for one in found)


def test_one_row_is_too_little_and_says_so(meterflow: Run, write: Callable[..., str]) -> None:
    name = write("timestamp,value", "2026-03-01 00:00:00,5")
    done = meterflow("score", "meter", name, "--json")
    assert done.status == 0
    assert [one["kind"] for one in objects(done)] == ["too_little_data"]
    assert "a verdict needs a longer series" in meterflow("score", "meter", name).err


def test_nothing_to_score_is_a_failure(meterflow: Run, write: Callable[..., str]) -> None:
    done = meterflow("score", "meter", write("timestamp,value", "2026-03-01,NaN", "2026-03-02,x"), "--json")
    assert done.status == 1
    assert [one["score"] for one in objects(done)] == [None, None]
    assert done.err.splitlines()[-1].endswith("none of its 2 rows could be scored")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"\r\n\n  \n", "the file is empty"),
        (b"timestamp,value\n", "has a header and no rows"),
        (b"2026-03-01,5\n2026-03-02,6\n", "has no header"),
        (b"timestamp,value\0\0\0\n", "holds binary data"),
        (b"PK\x03\x04rest of a zip", "unzip -p"),
        (b"\x1f\x8b\x08rest of a gzip", "gzip -dc"),
        (b"when,how much\n2026-03-01,5\n", "has no timestamp and not any of register, consumption or value"),
        (b"timestamp,voltage\n2026-03-01,5\n", "has no column for meter, but some for energy: meterflow score energy"),
        (b"Date;Time;kW\n16/12/2006;17:24;5\n", '--map timestamp="Date+Time"'),
        (b"timestamp,value,VALUE\n2026-03-01,5,6\n", "is there 2 times"),
    ],
)
def test_a_wrong_file_is_one_clear_line(content: bytes, said: str, meterflow: Run, tmp_path: Path) -> None:
    path = tmp_path / "wrong.csv"
    path.write_bytes(content)
    done = meterflow("score", "meter", str(path), "--json")
    assert done.status == 1
    assert done.out == ""
    assert done.err.count("\n") == 1
    assert done.err.startswith(f"meterflow: {path}: ")
    assert said in done.err


def test_no_file_and_a_folder(meterflow: Run, tmp_path: Path) -> None:
    missing = meterflow("score", "meter", str(tmp_path / "none.csv"))
    assert (missing.status, missing.out) == (1, "")
    assert "No such file" in missing.err
    assert meterflow("score", "meter", str(tmp_path)).status == 1


@pytest.mark.parametrize(
    "given",
    [
        ["water", "FILE"],
        ["meter", "FILE", "--map", "value"],
        ["meter", "FILE", "--map", "=x"],
        ["meter", "FILE", "--map", "pressure_bar=value"],
        ["meter", "FILE", "--map", "value=nothing"],
        ["meter", "FILE", "--map", "value=timestamp+value"],
        ["meter"],
    ],
)
def test_wrong_use_is_status_2(given: list[str], meterflow: Run, write: Callable[..., str]) -> None:
    name = write("timestamp,value", "2026-03-01,5")
    done = meterflow("score", *(name if one == "FILE" else one for one in given))
    assert done.status == 2
    assert done.out == ""


def test_map_names_the_columns(meterflow: Run, write: Callable[..., str]) -> None:
    name = write("user key;Date;Time;meter reading;diff", "a;16/12/2006;17:24:00;4,5;1", "b;16/12/2006;17:25:00;5;1")
    done = meterflow(
        "score", "energy", name, "--json", "--map", "id=user key", "--map", "timestamp=Date+Time",
        "--map", "energy_consumption=meter reading",
    )  # fmt: skip
    assert done.status == 0
    assert [(one["id"], one["timestamp"]) for one in objects(done)] == [
        ("a", "2006-12-16T17:24:00Z"),
        ("b", "2006-12-16T17:25:00Z"),
    ]
    assert "day/month/year, because of '16/12/2006 17:24:00'" in done.err
    assert "columns not used: diff" in done.err


def test_dates_that_could_be_either_are_not_guessed(meterflow: Run, write: Callable[..., str]) -> None:
    name = write("timestamp,value", "01/03/2016 00:28,5", "02/03/2016 00:28,5")
    done = meterflow("score", "meter", name, "--json")
    assert (done.status, done.out) == (1, "")
    assert "say --dates dmy or --dates mdy" in done.err
    found = objects(meterflow("score", "meter", name, "--json", "--dates", "mdy"))
    assert found[0]["timestamp"] == "2016-01-03T00:28:00Z"


def test_other_units_are_told_once_and_not_converted(meterflow: Run, write: Callable[..., str]) -> None:
    rows = [f"d,2026-03-01T00:{at:02}:00Z,2500,230,11300" for at in range(60)]
    done = meterflow(
        "score", "energy", write("device_id,timestamp,energy_consumption,voltage,current", *rows), "--json"
    )
    assert done.err.count("looks like") == 2
    assert "current looks like milliampere" in done.err
    assert "energy_consumption looks like Wh" in done.err
    assert "230" in objects(done)[-1]["reason"] or "2500" in objects(done)[-1]["reason"]


@pytest.mark.parametrize(
    ("encoding", "end"), [("utf-8-sig", "\n"), ("utf-16", "\r\n"), ("utf-8", "\r\n"), ("utf-8", "\r")]
)
def test_byte_order_marks_and_line_ends(encoding: str, end: str, meterflow: Run, write: Callable[..., str]) -> None:
    name = write(
        '"device_id"\t"timestamp"\t"energy_consumption"', '"é;1"\t"2026-03-01 00:00"\t"1.5"', encoding=encoding, end=end
    )
    found = objects(meterflow("score", "energy", name, "--json"))
    assert [(one["row"], one["id"], one["kind"]) for one in found] == [(1, "é;1", "too_little_data")]


def test_bytes_of_another_encoding_keep_ids_apart(meterflow: Run, tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes(b"device_id,timestamp,voltage\n\xe9,2026-03-01,230\n\xe8,2026-03-01,230\n")
    found = objects(meterflow("score", "energy", str(path), "--json"))
    assert len({one["id"] for one in found}) == 2


def test_the_standard_input_and_a_pipe(meterflow: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    content = b"timestamp,value\n2026-03-01,5\n2026-02-01,6\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    found = objects(meterflow("score", "meter", "-", "--json"))
    assert [one["timestamp"][:10] for one in found] == ["2026-03-01", "2026-02-01"]
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(content,))
    writer.start()
    assert objects(meterflow("score", "meter", str(pipe), "--json")) == found
    writer.join()


def test_a_mapped_id_goes_before_a_column_of_that_name(meterflow: Run, write: Callable[..., str]) -> None:
    name = write("meter_id,serial,timestamp,consumption", "M,S,2026-03-01,5")
    (one,) = objects(meterflow("score", "meter", name, "--json", "--map", "id=serial"))
    assert one["id"] == "S"
