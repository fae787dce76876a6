"""CompareReading: the photo's words, ranked with the meter's digits, against the submission."""

from collections.abc import Callable
from typing import Any

import pytest

from meterflow import clock
from meterflow.adapters import validation_results
from meterflow.register import Word

PHOTO_ID = "photo#uploads/u/a.jpg@v1"
ROW = Word("06376341", 0.98, ((0.4, 0.4), (0.9, 0.4), (0.9, 0.5), (0.4, 0.5)))


@pytest.fixture
def compare(load_handler: Callable[[str, str], Any], lambda_context: Any, aws: None) -> Callable[..., dict[str, Any]]:  # noqa: ARG001
    app = load_handler("image_validation", "compare_reading")

    def call(value: str = "06376.341", **more: Any) -> dict[str, Any]:
        event = {"submission_id": "s-1", "value": value, "digits": 5, "decimals": 3, "photo_id": PHOTO_ID, **more}
        answer: dict[str, Any] = app.handler(event, lambda_context)
        return answer

    return call


def read_photo(state: str = "READ", reasons: tuple[str, ...] = (), words: tuple[Word, ...] = (ROW,)) -> None:
    validation_results.claim_photo(PHOTO_ID, "one", clock.now())
    validation_results.keep_words(PHOTO_ID, "one", words, 1.5, [])
    validation_results.store_photo_result(PHOTO_ID, "one", state, "photos/a.jpg", reasons, clock.now())


def test_match(compare: Callable[..., Any]) -> None:
    read_photo()
    answer = compare()
    assert answer["confidence"] > 0.9
    assert {**answer, "confidence": 1} == {
        "verdict": "MATCH",
        "reading": "06376.341",
        "confidence": 1,
        "reasons": [],
        "photo_id": PHOTO_ID,
    }


def test_mismatch(compare: Callable[..., Any]) -> None:
    read_photo()
    assert compare("06576.341")["verdict"] == "MISMATCH"


def test_another_meters_wheels_are_looked_for(compare: Callable[..., Any]) -> None:
    read_photo()
    assert compare("637634.1", digits=7, decimals=1)["verdict"] == "MATCH"


def test_history_and_serial_number_are_heeded(compare: Callable[..., Any]) -> None:
    other = Word("SWM747213", 0.98, ((0.1, 0.1), (0.5, 0.1), (0.5, 0.15), (0.1, 0.15)))
    read_photo(words=(ROW, other))
    assert compare(previous_value="6400")["verdict"] == "UNREADABLE"
    assert compare(serial_number="SWM601399")["reasons"] == ["wrong_meter"]


@pytest.mark.parametrize("state", ["UNUSABLE", "UNREADABLE", "READING"])
def test_an_unread_photo_is_unreadable_with_its_reasons(compare: Callable[..., Any], state: str) -> None:
    read_photo(state, ("corrupt",))
    answer = compare()
    assert (answer["verdict"], answer["reading"], answer["reasons"]) == ("UNREADABLE", None, ["corrupt"])


def test_a_missing_photo_is_unreadable(compare: Callable[..., Any]) -> None:
    answer = compare(photo_id=None, reasons=["photo_missing"])
    assert (answer["verdict"], answer["reasons"], answer["photo_id"]) == ("UNREADABLE", ["photo_missing"], None)
