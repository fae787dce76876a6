"""The real engine: what is rendered here comes back from the pixels alone."""

from __future__ import annotations

import csv
import os
import re
import secrets
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from local.rekognition.engine import OcrEngine
from local.rekognition.images import decode
from tests.unit.local_rekognition.support import ImageFile, Serve

pytestmark = pytest.mark.ocr


def _read(client: Any, file: bytes, kind: str = "LINE") -> list[str]:
    told = client.detect_text(Image={"Bytes": file})["TextDetections"]
    return [d["DetectedText"] for d in told if d["Type"] == kind]


def _random_digits(length: int = 7) -> str:
    return "".join(secrets.choice("0123456789") for _ in range(length))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_random_number_is_read_back(ocr_client: Any, image_file: ImageFile, kind: str) -> None:
    number = _random_digits()
    answer = ocr_client.detect_text(Image={"Bytes": image_file(number, kind)})
    assert [d["DetectedText"] for d in answer["TextDetections"]] == [number, number]
    assert all(d["Confidence"] > 80 for d in answer["TextDetections"])
    assert answer["TextModelVersion"].startswith("rapidocr-")


def test_a_random_number_is_read_from_s3(ocr_engine: OcrEngine, serve: Serve, image_file: ImageFile) -> None:
    number = _random_digits()
    with serve(ocr_engine, fetch=lambda _: image_file(number)) as client:
        told = client.detect_text(Image={"S3Object": {"Bucket": "photos", "Name": "x"}})["TextDetections"]
    assert told[0]["DetectedText"] == number


def test_words_lie_in_their_line_and_beside_each_other(ocr_client: Any, image_file: ImageFile) -> None:
    number = _random_digits(5)
    file = image_file(f"Serial {number} kWh", size=(700, 200))
    told = ocr_client.detect_text(Image={"Bytes": file})["TextDetections"]
    assert [d["DetectedText"] for d in told] == [f"Serial {number} kWh", "Serial", number, "kWh"]
    boxes = [d["Geometry"]["BoundingBox"] for d in told]
    line = boxes[0]
    for box in boxes[1:]:
        assert box["Left"] >= line["Left"] - 1e-9
        assert box["Left"] + box["Width"] <= line["Left"] + line["Width"] + 1e-9
        assert box["Top"] >= line["Top"] - 1e-9
        assert box["Top"] + box["Height"] <= line["Top"] + line["Height"] + 1e-9
    # A piece found a pixel aslant is cut aslant, so that the upright boxes may overlap by as much.
    for left, right in pairwise(boxes[1:]):
        assert left["Left"] + left["Width"] <= right["Left"] + 0.01
    # Rendered in the middle: the number's share of the line is its share of the ink, about 5 of 15.
    assert boxes[2]["Width"] / line["Width"] == pytest.approx(0.38, abs=0.08)


@pytest.mark.parametrize("turn", [-90, -60, -30, -10, 10, 30, 60, 90])
def test_tilted_numbers_are_read_up_to_a_quarter_turn(ocr_client: Any, image_file: ImageFile, turn: int) -> None:
    number = "4" + _random_digits(5) + "7"  # no number that is another one on its head
    assert _read(ocr_client, image_file(number, size=(500, 300), turn=turn)) == [number]


def test_a_turned_words_polygon_starts_where_the_text_starts(ocr_client: Any, image_file: ImageFile) -> None:
    # Turned to the left: the text runs upwards, so its first corner is at the lower left.
    told = ocr_client.detect_text(Image={"Bytes": image_file("24517", size=(500, 300), turn=90)})
    corners = [(p["X"], p["Y"]) for p in told["TextDetections"][0]["Geometry"]["Polygon"]]
    assert corners[0][1] > corners[1][1]
    assert corners[0][0] < corners[3][0]


def test_text_on_its_head_is_not_read_as_the_real_service_would_not(ocr_client: Any, image_file: ImageFile) -> None:
    assert "Zaehler 24517" not in _read(ocr_client, image_file("Zaehler 24517", size=(500, 300), turn=180))


def test_single_digits_in_windows_are_words(ocr_client: Any, image_file: ImageFile) -> None:
    found = "".join(_read(ocr_client, image_file("1   7   4   1   5", size=(700, 200)), "WORD"))
    assert found == "17415"


def test_lone_tall_digits_are_read_upright(ocr_engine: OcrEngine, image_file: ImageFile) -> None:
    read = [ocr_engine.read(decode(image_file(digit)).pixels) for digit in "12567"]
    assert [[line.text for line in lines] for lines in read] == [["1"], ["2"], ["5"], ["6"], ["7"]]


def test_an_empty_photo_has_no_text(ocr_client: Any, image_file: ImageFile) -> None:
    assert _read(ocr_client, image_file(size=(640, 480))) == []
    assert ocr_client.detect_labels(Image={"Bytes": image_file()})["Labels"] == []


def test_a_number_is_labelled_so(ocr_client: Any, image_file: ImageFile) -> None:
    found = ocr_client.detect_labels(Image={"Bytes": image_file(_random_digits())}, MinConfidence=80)["Labels"]
    assert {label["Name"] for label in found} == {"Text", "Number", "Symbol"}


def _photos() -> Path | None:
    repository = Path(__file__).parents[3]
    shared = Path(os.environ.get("METERFLOW_SHARED", repository.parent / "shared"))
    photos = shared / "data" / "meter-photos"
    return photos if photos.is_dir() else None


@pytest.mark.skipif(_photos() is None, reason="no shared photos here")
def test_counters_on_real_photos_give_their_digits(ocr_engine: OcrEngine) -> None:
    photos = _photos()
    assert photos is not None
    with (photos / "labels.csv").open(newline="", encoding="utf-8") as file:
        readings = {row["file"]: row["reading"] for row in csv.DictReader(file)}
    # One clear counter without its decimals, and photos of which only some digits can be asked.
    counter = ocr_engine.read(decode((photos / "images" / "dn100_00.png").read_bytes()).pixels)
    assert any(readings["dn100_00.png"] in line.text for line in counter)
    for name in ("elster_00.jpg", "gasmq_00.jpg", "invena_00.jpg"):
        lines = ocr_engine.read(decode((photos / "images" / name).read_bytes()).pixels)
        assert len(re.findall(r"\d", " ".join(line.text for line in lines))) >= 10
