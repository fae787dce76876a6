"""`meterflow read`: the contract of its JSON, for good photos, broken files and what is no file."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cli import read
from local.city import photo as city_photo
from meterflow import photo_reading, register

Run = Callable[..., Any]
KEYS = ["photo", "reading", "confidence", "decision", "reasons", "candidates"]
PNG_START = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="session")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo of a register that shows 412.850."""
    path = tmp_path_factory.mktemp("photos") / "register.png"
    path.write_bytes(city_photo.render("412.850", "WF-0001"))
    return path


@pytest.fixture
def broken(tmp_path: Path) -> dict[str, Path]:
    """Files that are no photo, by name."""
    contents = {
        "empty.jpg": b"",
        "animation.gif": b"GIF89a" + b"\0" * 200,
        "notes.txt": b"the meter says 412.850\n",
        "half.jpg": b"\xff\xd8\xff\xe0\0\x10JFIF" + b"\0" * 50,
        "half.png": PNG_START + b"\0" * 50,
        "photo of a dog.bin": bytes(range(256)),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return {name: tmp_path / name for name in contents}


class Engine:
    """The engine with no eyes: loading the real one takes seconds, and these tests are about what stands around it."""

    def __init__(self, threads: int) -> None:
        self.threads = threads


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """No OCR: every photo shows the words 00412 850. Returns what the register finder was asked."""
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr("local.rekognition.engine.OcrEngine", Engine)
    monkeypatch.setattr(read.PhotoReader, "_words", lambda *_: ["00412", "850"])
    monkeypatch.setattr(photo_reading, "corners_of", lambda *_: None)
    load = read.PhotoReader.__init__
    monkeypatch.setattr(read.PhotoReader, "__init__", lambda self, _reader: load(self, photo_reading.REKOGNITION))

    def find(
        words: Any, _aspect: float, digits: int | None, decimals: int | None, _serial: Any
    ) -> list[register.Candidate]:
        asked.append((words, digits, decimals))
        return [register.Candidate("00412.850", 0.97, ()), register.Candidate("412.850", 0.31, ())]

    monkeypatch.setattr(register, "find", find)
    return asked


def objects(done: Any) -> list[dict[str, Any]]:
    """The JSON objects of standard output, which holds nothing else."""
    return [json.loads(line) for line in done.out.splitlines()]


@pytest.mark.usefixtures("blind")
def test_the_object_of_a_photo(meterflow: Run, photo: Path) -> None:
    done = meterflow("read", "--json", str(photo))
    [result] = objects(done)
    assert (done.status, done.err) == (0, "")
    assert list(result) == KEYS
    assert result["photo"] == str(photo)
    assert result["reading"] == "00412.850"
    assert result["confidence"] == 0.97
    assert result["decision"] == "ACCEPT"
    assert result["reasons"] == []
    assert result["candidates"] == [
        {"reading": "00412.850", "confidence": 0.97},
        {"reading": "412.850", "confidence": 0.31},
    ]


@pytest.mark.usefixtures("blind")
def test_one_object_a_photo_in_the_order_given(meterflow: Run, photo: Path, broken: dict[str, Path]) -> None:
    names = [str(broken["notes.txt"]), str(photo), "no-such-file.jpg", str(broken["empty.jpg"]), str(photo)]
    done = meterflow("read", "--json", *names)
    assert done.status == 0
    assert [each["photo"] for each in objects(done)] == names
    assert [each["decision"] for each in objects(done)] == [
        "UNREADABLE",
        "ACCEPT",
        "UNREADABLE",
        "UNREADABLE",
        "ACCEPT",
    ]


@pytest.mark.usefixtures("blind")
def test_a_photo_is_called_what_the_caller_calls_it(
    meterflow: Run, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(photo.parent)
    name = f"./../{photo.parent.name}//{photo.name}"
    assert objects(meterflow("read", "--json", name))[0]["photo"] == name


@pytest.mark.usefixtures("blind")
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("empty.jpg", "corrupt"),
        ("animation.gif", "wrong_type"),
        ("notes.txt", "wrong_type"),
        ("photo of a dog.bin", "wrong_type"),
        ("half.jpg", "corrupt"),
        ("half.png", "corrupt"),
    ],
)
def test_a_broken_file_is_an_answer(meterflow: Run, broken: dict[str, Path], name: str, reason: str) -> None:
    done = meterflow("read", "--json", str(broken[name]))
    [result] = objects(done)
    assert (done.status, done.err) == (0, "")
    assert list(result) == KEYS
    assert result == {
        "photo": str(broken[name]),
        "reading": None,
        "confidence": 0.0,
        "decision": "UNREADABLE",
        "reasons": [reason],
        "candidates": [],
    }


@pytest.mark.usefixtures("blind")
def test_a_file_that_is_too_large_is_not_read_whole(
    meterflow: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "large.jpg"
    with path.open("wb") as file:
        file.write(b"\xff\xd8\xff\xe0")
        file.truncate(40 * 1024**3)
    assert len(read.first_bytes(str(path))) == read.photo.MAX_BYTES + 1
    monkeypatch.setattr(read.photo, "MAX_BYTES", 1000)
    [result] = objects(meterflow("read", "--json", str(path)))
    assert result["reasons"] == ["too_large"]


@pytest.mark.usefixtures("blind")
@pytest.mark.parametrize(("name", "why"), [("missing.jpg", "No such file or directory"), ("", "Is a directory")])
def test_what_can_not_be_opened_is_an_answer_a_line_and_1(meterflow: Run, tmp_path: Path, name: str, why: str) -> None:
    path = str(tmp_path / name)
    done = meterflow("read", "--json", path)
    assert done.status == 1
    assert done.err == f"meterflow: {path}: {why}\n"
    [result] = objects(done)
    assert result["decision"] == "UNREADABLE"
    assert result["reasons"] == ["not_found"]
    assert result["reading"] is None


@pytest.mark.usefixtures("blind")
def test_one_that_opens_is_enough_for_0(meterflow: Run, photo: Path, broken: dict[str, Path]) -> None:
    assert meterflow("read", "--json", "missing.jpg", str(photo)).status == 0
    assert meterflow("read", "--json", "missing.jpg", str(broken["empty.jpg"])).status == 0
    assert meterflow("read", "--json", "missing.jpg", "missing too.jpg").status == 1


def test_what_is_known_of_the_meter_reaches_the_reader(
    meterflow: Run, photo: Path, blind: list[tuple[Any, ...]]
) -> None:
    meterflow("read", "--json", "--digits", "5", "--decimals", "3", str(photo))
    meterflow("read", "--json", "--decimals", "0", str(photo))
    assert [each[1:] for each in blind] == [(5, 3), (None, 0)]


@pytest.mark.usefixtures("blind")
@pytest.mark.parametrize(
    ("previous", "decision", "reasons"),
    [
        ("00412.849", "ACCEPT", []),
        ("412.85", "ACCEPT", []),
        ("412.851", "REVIEW", ["decreasing"]),
        ("99999", "REVIEW", ["decreasing"]),
    ],
)
def test_the_reading_before_is_heeded(
    meterflow: Run, photo: Path, previous: str, decision: str, reasons: list[str]
) -> None:
    [result] = objects(meterflow("read", "--json", "--previous", previous, str(photo)))
    assert (result["decision"], result["reasons"]) == (decision, reasons)


@pytest.mark.parametrize(
    "option",
    [
        ("--digits", "-1"),
        ("--digits", "0"),
        ("--digits", "13"),
        ("--digits", "five"),
        ("--digits", "²"),
        ("--digits", "٣"),
        ("--decimals", "-1"),
        ("--decimals", "1.5"),
        ("--decimals", "13"),
        ("--previous", "abc"),
        ("--previous", "-1"),
        ("--previous", "1e5"),
        ("--previous", "NaN"),
        ("--previous", "1_000"),
        ("--previous", "1,5"),
        ("--previous", "٣"),
        ("--previous", ""),
    ],
)
def test_an_option_that_is_wrong_is_wrong_use(meterflow: Run, photo: Path, option: tuple[str, str]) -> None:
    done = meterflow("read", "--json", *option, str(photo))
    assert (done.status, done.out) == (2, "")


@pytest.mark.usefixtures("blind")
def test_lines_for_a_person(meterflow: Run, photo: Path, broken: dict[str, Path]) -> None:
    done = meterflow("read", str(photo), str(broken["empty.jpg"]))
    assert done.out.splitlines() == [
        f"{photo}: ACCEPT 00412.850 0.97",
        f"{broken['empty.jpg']}: UNREADABLE 0.00  (corrupt)",
    ]


@pytest.mark.ocr
def test_a_real_photo_is_read_by_the_real_engine(meterflow: Run, photo: Path) -> None:
    done = meterflow(
        "read",
        "--reader",
        "rekognition",
        "--json",
        "--digits",
        "5",
        "--decimals",
        "3",
        "--previous",
        "412.5",
        str(photo),
    )
    [result] = objects(done)
    assert done.status == 0
    assert Decimal(result["reading"]) == Decimal("412.850")
    assert result["decision"] in ("ACCEPT", "REVIEW")
    assert 0 < result["confidence"] <= 1
    [strict] = objects(
        meterflow("read", "--reader", "rekognition", "--json", "--digits", "5", "--decimals", "2", str(photo))
    )
    assert strict["reading"] == "00412.85"
    [further] = objects(
        meterflow("read", "--reader", "rekognition", "--json", "--digits", "5", "--decimals", "1", str(photo))
    )
    assert further["reading"] == "00412.8"
