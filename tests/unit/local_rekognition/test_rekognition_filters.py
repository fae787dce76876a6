"""What is told of what was read: filters, the bound of a hundred words, labels."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.local_rekognition.support import FakeReader, ImageFile, Serve, line, word


def _words(client: Any, file: bytes, **filters: Any) -> list[str]:
    told = client.detect_text(Image={"Bytes": file}, Filters=filters)["TextDetections"]
    lines, words = ([d for d in told if d["Type"] == kind] for kind in ("LINE", "WORD"))
    assert " ".join(d["DetectedText"] for d in lines) == " ".join(d["DetectedText"] for d in words)
    return [d["DetectedText"] for d in words]


@pytest.mark.parametrize(
    ("word_filter", "told"),
    [
        ({"MinConfidence": 71}, ["Serial"]),
        ({"MinConfidence": 70}, ["Serial", "4711"]),
        ({}, ["Serial"]),  # the documented default of 80
        ({"MinConfidence": 0, "MinBoundingBoxWidth": 0.25}, ["Serial"]),
        ({"MinConfidence": 0, "MinBoundingBoxHeight": 0.19}, ["Serial", "4711"]),
        ({"MinConfidence": 0, "MinBoundingBoxHeight": 0.21}, []),
    ],
)
def test_word_filter(client: Any, image_file: ImageFile, word_filter: dict[str, float], told: list[str]) -> None:
    assert _words(client, image_file(), WordFilter=word_filter) == told


def _box(left: float, top: float, width: float, height: float) -> dict[str, Any]:
    return {"BoundingBox": {"Left": left, "Top": top, "Width": width, "Height": height}}


def _polygon(*points: tuple[float, float]) -> dict[str, Any]:
    return {"Polygon": [{"X": x, "Y": y} for x, y in points]}


@pytest.mark.parametrize(
    ("regions", "told"),
    [
        ([_box(0, 0, 1, 1)], ["Serial", "4711"]),
        ([_box(0, 0, 0.26, 1)], ["Serial"]),  # 53 % of it
        ([_box(0, 0, 0.24, 1)], []),  # 47 % of it
        ([_box(0, 0, 0.1, 0.1), _box(0.4, 0, 0.6, 1)], ["4711"]),
        ([_polygon((0.4, 0), (1, 0), (0.4, 1))], ["4711"]),
        # A region with a notch from below, where the second word is.
        ([_polygon((0, 0), (1, 0), (1, 1), (0.9, 1), (0.9, 0.1), (0.42, 0.1), (0.42, 1), (0, 1))], ["Serial"]),
    ],
)
def test_regions_keep_words_that_are_more_than_half_inside(
    client: Any, image_file: ImageFile, regions: list[Any], told: list[str]
) -> None:
    assert _words(client, image_file(), RegionsOfInterest=regions) == told


@pytest.mark.parametrize(
    ("filters", "name"),
    [
        ({"WordFilter": {"MinConfidence": 101}}, "ValidationException"),
        ({"WordFilter": {"MinBoundingBoxWidth": 1.1}}, "ValidationException"),
        ({"RegionsOfInterest": [_box(0, 0, 1, 1)] * 11}, "ValidationException"),
        ({"RegionsOfInterest": [{}]}, "InvalidParameterException"),
        ({"RegionsOfInterest": [_polygon((0, 0), (1, 1))]}, "InvalidParameterException"),
        ({"RegionsOfInterest": [{"BoundingBox": {"Left": 0.5}}]}, "InvalidParameterException"),
    ],
)
def test_filters_out_of_bounds_are_refused(
    client: Any, image_file: ImageFile, filters: dict[str, Any], name: str
) -> None:
    with pytest.raises(ClientError) as refused:
        client.detect_text(Image={"Bytes": image_file()}, Filters=filters)
    assert refused.value.response["Error"]["Code"] == name


def test_at_most_a_hundred_words_are_told(serve: Serve, image_file: ImageFile) -> None:
    lines = [line(*(word(f"{row}.{n}", 90.0, n * 10, row * 10, 8, 8) for n in range(30))) for row in range(5)]
    with serve(FakeReader(*lines)) as client:
        told = client.detect_text(Image={"Bytes": image_file()})["TextDetections"]
    assert [d["Type"] for d in told] == ["LINE"] * 4 + ["WORD"] * 100
    assert told[3]["DetectedText"].endswith(" 3.9")
    assert all(d["DetectedText"].startswith(f"{d['ParentId']}.") for d in told[4:])


def test_labels_say_what_reading_can_vouch_for(client: Any, image_file: ImageFile) -> None:
    answer = client.detect_labels(Image={"Bytes": image_file()})
    assert [(found["Name"], found["Confidence"]) for found in answer["Labels"]] == [
        ("Text", 99.0),
        ("Number", 70.0),
        ("Symbol", 70.0),
    ]
    assert answer["Labels"][1]["Parents"] == [{"Name": "Symbol"}]
    assert len(answer["Labels"][0]["Instances"]) == 2
    assert answer["LabelModelVersion"] == "fake-1"


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"MaxLabels": 1}, ["Text"]),
        ({"MinConfidence": 70.5}, ["Text"]),
        ({"Settings": {"GeneralLabels": {"LabelInclusionFilters": ["Number"]}}}, ["Number"]),
        ({"Settings": {"GeneralLabels": {"LabelExclusionFilters": ["Text"]}}}, ["Number", "Symbol"]),
        (
            {"Settings": {"GeneralLabels": {"LabelCategoryExclusionFilters": ["Symbols and Flags"]}}},
            ["Text"],
        ),
    ],
)
def test_labels_asked_for(client: Any, image_file: ImageFile, asked: dict[str, Any], names: list[str]) -> None:
    found = client.detect_labels(Image={"Bytes": image_file()}, **asked)["Labels"]
    assert [label["Name"] for label in found] == names


def test_no_labels_without_text_and_no_image_properties(serve: Serve, image_file: ImageFile) -> None:
    with serve() as client:
        assert client.detect_labels(Image={"Bytes": image_file()})["Labels"] == []
        with pytest.raises(client.exceptions.InvalidParameterException):
            client.detect_labels(Image={"Bytes": image_file()}, Features=["IMAGE_PROPERTIES"])
