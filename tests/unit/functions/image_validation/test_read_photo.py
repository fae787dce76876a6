"""ReadPhoto: words go to the table, refusals are data, outages are errors."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.stub import Stubber

from meterflow import clock
from meterflow.adapters import validation_results
from meterflow.errors import TransientError

Load = Callable[[str, str], Any]
PHOTO_ID = "photo#uploads/u/a.jpg@v1"
KEPT = "photos/abc.jpg"


def detections(*words: tuple[str, float, float]) -> dict[str, Any]:
    """DetectText's answer with level words: (text, left, top), a tenth of the photo high."""
    found = []
    for number, (text, left, top) in enumerate(words):
        right, bottom = min(left + 0.05 * len(text), 1.0), top + 0.1
        polygon = [{"X": x, "Y": y} for x, y in ((left, top), (right, top), (right, bottom), (left, bottom))]
        found += [
            {"DetectedText": text, "Type": kind, "Id": number, "Confidence": 98.0, "Geometry": {"Polygon": polygon}}
            for kind in ("LINE", "WORD")
        ]
    return {"TextDetections": found}


@pytest.fixture
def read(load_handler: Load, lambda_context: Any, rekognition: Stubber) -> Callable[..., dict[str, Any]]:  # noqa: ARG001
    app = load_handler("image_validation", "read_photo")
    validation_results.claim_photo(PHOTO_ID, "one", clock.now())

    def call(holder: str = "one", reasons: tuple[str, ...] = ()) -> dict[str, Any]:
        event = {"photo_id": PHOTO_ID, "holder": holder, "kept_key": KEPT, "aspect": 1.5, "reasons": list(reasons)}
        answer: dict[str, Any] = app.handler(event, lambda_context)
        return answer

    return call


def test_words_are_kept_with_the_photo_and_not_in_the_state(read: Callable[..., Any], rekognition: Stubber) -> None:
    asked = {"Image": {"S3Object": {"Bucket": "meterflow-photos", "Name": KEPT}}}
    rekognition.add_response("detect_text", detections(("06376341", 0.3, 0.4), ("elster", 0.2, 0.2)), asked)
    assert read(reasons=("dark",)) == {"outcome": "READ", "words": 2, "reasons": ["dark"]}
    row = validation_results.photo(PHOTO_ID)
    assert row is not None
    assert [word.text for word in row.words] == ["06376341", "elster"]
    # Corners leave in photo heights: x is scaled by the aspect.
    assert row.words[0].corners[0] == pytest.approx((0.45, 0.4))
    stored = validation_results.results().get_item(Key={"result_id": PHOTO_ID})["Item"]
    assert json.loads(stored["candidates"])[0][0] == "06376341"


@pytest.mark.parametrize("words", [(), (("elster", 0.2, 0.2),)])
def test_without_figures_there_is_no_meter(
    read: Callable[..., Any], rekognition: Stubber, words: tuple[Any, ...]
) -> None:
    rekognition.add_response("detect_text", detections(*words))
    answer = read(reasons=("blurred",))
    assert (answer["outcome"], answer["reasons"]) == ("UNREADABLE", ["blurred", "no_meter"])


@pytest.mark.parametrize(
    ("error", "reason"), [("InvalidImageFormatException", "corrupt"), ("ImageTooLargeException", "too_large")]
)
def test_a_refusal_is_data_at_once(read: Callable[..., Any], rekognition: Stubber, error: str, reason: str) -> None:
    rekognition.add_client_error("detect_text", error, http_status_code=400)
    assert read() == {"outcome": "UNREADABLE", "words": 0, "reasons": [reason]}


@pytest.mark.parametrize(
    ("error", "status"),
    [("ThrottlingException", 400), ("ProvisionedThroughputExceededException", 400), ("InternalServerError", 500)],
)
def test_an_outage_is_tried_again_by_the_machine(
    read: Callable[..., Any], rekognition: Stubber, error: str, status: int
) -> None:
    rekognition.add_client_error("detect_text", error, http_status_code=status)
    with pytest.raises(TransientError):
        read()


def test_a_hundred_words_fit_into_the_row(read: Callable[..., Any], rekognition: Stubber) -> None:
    rekognition.add_response("detect_text", detections(*[("0" * 200, 0.1, 0.1)] * 100))
    assert read()["words"] == 100
    row = validation_results.photo(PHOTO_ID)
    assert row is not None
    assert len(row.words) == 100


def test_who_lost_the_claim_writes_nothing(read: Callable[..., Any], rekognition: Stubber) -> None:
    rekognition.add_response("detect_text", detections(("06376341", 0.3, 0.4)))
    assert read(holder="another")["outcome"] == "READ"
    row = validation_results.photo(PHOTO_ID)
    assert row is not None
    assert row.words == ()
