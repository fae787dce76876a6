"""CompareReading: the photo's words, ranked with the meter's digits, against the submission."""

from collections.abc import Callable
from typing import Any

import pytest

from meterflow import clock
from meterflow.adapters import validation_results
from meterflow.fingerprint import Fingerprint
from meterflow.photo_reading import Calibration, Lattice, LatticePlace
from meterflow.picture import Measures
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
        "reader": "rekognition",
        "accept": None,
        "figures": [],
        "content_hash": None,
        "first_use": None,
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


def measured(**changes: Any) -> Measures:
    good = {"width": 1024, "height": 683, "kept_height": 2000, "bright": 200.0, "blur": 1.0, "columns": 32}
    return Measures.model_validate(good | {"lost": "0" * 704, "greys": "80" * 704} | changes)


def kept_picture(measures: Measures, photographed_at: str | None = None) -> None:
    validation_results.claim_photo(PHOTO_ID, "one", clock.now())
    mark = Fingerprint("c0ffee", (1,), bytes(1024))
    validation_results.keep_picture(PHOTO_ID, "one", measures, mark, photographed_at)


def test_the_registers_own_place_is_what_counts(compare: Callable[..., Any]) -> None:
    """The photo as a whole is dark; the register, where it was found, is not. And the other way round."""
    kept_picture(measured(bright=20.0))
    read_photo(reasons=("dark",))
    assert compare("1")["reasons"] == ["digits_differ"]


def test_a_register_that_lies_in_the_dark_is_told(compare: Callable[..., Any]) -> None:
    kept_picture(measured(greys="05" * 704))
    read_photo()
    assert compare("1")["reasons"] == ["digits_differ", "dark"]
    # A fault never refuses a photo that shows what was submitted.
    assert compare()["verdict"] == "MATCH"


def test_the_content_hash_goes_along_as_evidence(compare: Callable[..., Any]) -> None:
    kept_picture(measured())
    read_photo()
    assert compare()["content_hash"] == "c0ffee"


@pytest.mark.parametrize(
    ("taken_at", "reasons"), [("2026-11-20T08:00:00Z", []), ("2026-11-25T08:00:00Z", ["photo_old"])]
)
def test_an_old_photo_is_only_a_note(compare: Callable[..., Any], taken_at: str, reasons: list[str]) -> None:
    kept_picture(measured(), "2026-11-20T09:00:00+01:00")
    read_photo()
    answer = compare(taken_at=taken_at)
    assert (answer["verdict"], answer["reasons"]) == ("MATCH", reasons)


def lattice(
    figures: str, sure: float = 0.997, corners: Any = ((0.4, 0.4), (0.9, 0.4), (0.9, 0.5), (0.4, 0.5))
) -> Lattice:
    """What the open reader would keep of settled wheels; its calibration passes the decoded odds through."""
    places = []
    for number, figure in enumerate(figures):
        symbols = [(1 - sure) / 20] * 21
        symbols[int(figure)] = sure
        places.append(LatticePlace(symbols=tuple(symbols), there=1.0, decimal=float(number >= 5)))
    calibration = Calibration(weights=(0.0, 1.0, 0.0, 0.0, 0.0, 0.0), accept=0.9)
    return Lattice(
        places=tuple(places), corners=corners, strip=0.99, agreement=1.0, located=0.99, calibration=calibration
    )


def seen_by(words: tuple[Word, ...], openly: Lattice | None) -> None:
    validation_results.claim_photo(PHOTO_ID, "one", clock.now())
    validation_results.keep_words(PHOTO_ID, "one", words, 1.5, [], openly)
    validation_results.store_photo_result(PHOTO_ID, "one", "READ", "photos/a.jpg", (), clock.now())


def test_the_open_reader_alone(compare: Callable[..., Any]) -> None:
    """Kept before the meter was known, decoded now that it is."""
    seen_by((), lattice("06376341"))
    answer = compare(previous_value="06370.000")
    assert (answer["verdict"], answer["reading"], answer["reader"]) == ("MATCH", "06376.341", "open")
    assert answer["accept"] is True
    assert [figure["symbol"] for figure in answer["figures"]] == list("06376341")
    assert all(figure["odds"] > 0.9 for figure in answer["figures"])


def test_agreement_raises_the_odds(compare: Callable[..., Any]) -> None:
    seen_by((), lattice("06376341", 0.98))
    alone = compare()["confidence"]
    seen_by((ROW,), lattice("06376341", 0.98))
    validation_results.results().update_item(
        Key={"result_id": PHOTO_ID},
        UpdateExpression="SET words = :words",
        ExpressionAttributeValues={":words": validation_results.words_to_text((ROW,))},
    )
    both = compare()
    assert both["reader"] == "both"
    assert both["confidence"] > alone


def test_disagreement_goes_to_a_person_whatever_was_submitted(compare: Callable[..., Any]) -> None:
    seen_by((ROW,), lattice("06876341"))
    for value in ("06376.341", "06876.341"):
        answer = compare(value)
        assert (answer["verdict"], answer["accept"]) == ("UNREADABLE", False)
        assert "readers_disagree" in answer["reasons"]
