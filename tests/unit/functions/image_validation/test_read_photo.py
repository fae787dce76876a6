"""ReadPhoto: words go to the table, refusals are data, outages are errors."""

import ast
import importlib
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from PIL import Image

from meterflow import clock, photo_reading
from meterflow.adapters import photo_texts, validation_results
from meterflow.errors import NotConfigured, TransientError
from meterflow.photo_reading import Calibration, Lattice, LatticePlace

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
def read(
    load_handler: Load,
    lambda_context: Any,
    rekognition: Stubber,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., dict[str, Any]]:
    monkeypatch.setenv("PHOTO_READER", "rekognition")
    monkeypatch.setenv("REKOGNITION_BUDGET_USD", "1")
    monkeypatch.setenv("REKOGNITION_PRICE_USD", "0.001")
    app = load_handler("image_validation", "read_photo")
    validation_results.claim_photo(PHOTO_ID, "one", clock.now())

    def call(holder: str = "one", reasons: tuple[str, ...] = (), content_hash: str | None = None) -> dict[str, Any]:
        event = {"photo_id": PHOTO_ID, "holder": holder, "kept_key": KEPT, "aspect": 1.5, "reasons": list(reasons)}
        answer: dict[str, Any] = app.handler(event | {"content_hash": content_hash}, lambda_context)
        return answer

    return call


def test_words_are_kept_with_the_photo_and_not_in_the_state(read: Callable[..., Any], rekognition: Stubber) -> None:
    asked = {"Image": {"S3Object": {"Bucket": "meterflow-photos", "Name": KEPT}}}
    rekognition.add_response("detect_text", detections(("06376341", 0.3, 0.4), ("elster", 0.2, 0.2)), asked)
    assert read(reasons=("dark",)) == {"outcome": "READ", "reader": "rekognition", "words": 2, "reasons": ["dark"]}
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
    assert read() == {"outcome": "UNREADABLE", "reader": "rekognition", "words": 0, "reasons": [reason]}


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


def images_spent() -> int:
    rows = boto3.client("dynamodb").scan(TableName="meterflow-ClaimsTable")["Items"]
    return sum(int(row["images"]["N"]) for row in rows if row["claim_key"]["S"].startswith("spend#"))


def test_equal_photos_are_paid_for_once(read: Callable[..., Any], rekognition: Stubber) -> None:
    """The stub has one answer: a second call of the service would fail the test."""
    rekognition.add_response("detect_text", detections(("06376341", 0.3, 0.4)))
    first = read(content_hash="c0ffee")
    validation_results.claim_photo("photo#other@v1", "two", clock.now())
    assert read(content_hash="c0ffee") == first
    assert images_spent() == 1


def test_a_refusal_is_kept_by_content_too(read: Callable[..., Any], rekognition: Stubber) -> None:
    rekognition.add_client_error("detect_text", "InvalidImageFormatException", http_status_code=400)
    assert read(content_hash="c0ffee") == read(content_hash="c0ffee")


def test_while_an_equal_photo_is_read_this_one_waits(read: Callable[..., Any]) -> None:
    assert photo_texts.claim("c0ffee", "another", clock.now()) == "CLAIMED"
    assert read(content_hash="c0ffee", reasons=("dark",)) == {
        "outcome": "BUSY",
        "reader": None,
        "words": 0,
        "reasons": ["dark"],
    }
    assert images_spent() == 0


def test_a_throttled_call_is_given_back(read: Callable[..., Any], rekognition: Stubber) -> None:
    rekognition.add_client_error("detect_text", "ThrottlingException", http_status_code=400)
    with pytest.raises(TransientError) as caught:
        read(content_hash="c0ffee")
    # The state machine compares names: a subclass would not be retried.
    assert type(caught.value) is TransientError
    assert images_spent() == 0
    rekognition.add_response("detect_text", detections(("06376341", 0.3, 0.4)))
    assert read(content_hash="c0ffee")["outcome"] == "READ"


def lattice() -> Lattice:
    symbols = (0.9, *[0.005] * 20)
    return Lattice(
        places=tuple(LatticePlace(symbols=symbols) for _ in range(5)),
        strip=0.9,
        agreement=1.0,
        located=0.9,
        calibration=Calibration(weights=(0, 1, 0, 0, 0, 0), accept=0.9),
    )


@pytest.fixture
def open_reader(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The open reader, which sees five zeros on whatever it is shown; what it was shown."""
    shown: list[bytes] = []
    module = ModuleType("open_photo")

    def lattice_of(content: bytes) -> Lattice:
        shown.append(content)
        return lattice()

    module.__dict__["lattice_of"] = lattice_of
    monkeypatch.setitem(sys.modules, "open_photo", module)
    boto3.client("s3").put_object(Bucket="meterflow-photos", Key=KEPT, Body=b"the copy")
    return shown


def kept_lattice() -> Lattice | None:
    row = validation_results.photo(PHOTO_ID)
    assert row is not None
    return row.lattice


def test_the_open_reader_alone_costs_nothing(
    read: Callable[..., Any], open_reader: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHOTO_READER", "open")
    assert read() == {"outcome": "READ", "reader": "open", "words": 0, "reasons": []}
    assert (open_reader, images_spent()) == ([b"the copy"], 0)
    assert kept_lattice() == lattice()


def test_both_look(
    read: Callable[..., Any], rekognition: Stubber, open_reader: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHOTO_READER", "both")
    rekognition.add_response("detect_text", detections(("00000", 0.3, 0.4)))
    assert read()["reader"] == "both"
    assert len(open_reader) == 1
    assert kept_lattice() == lattice()


def test_when_the_budget_is_spent_the_open_reader_takes_over(
    read: Callable[..., Any], open_reader: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REKOGNITION_BUDGET_USD", "0")
    assert read(content_hash="c0ffee") == {"outcome": "READ", "reader": "open", "words": 0, "reasons": ["budget_spent"]}
    assert len(open_reader) == 1
    # Next month, or with more money, the words are still to be had: nobody holds the claim.
    assert photo_texts.claim("c0ffee", "later", clock.now()) == "CLAIMED"


def test_rekognition_alone_never_loads_the_open_reader(
    read: Callable[..., Any], rekognition: Stubber, open_reader: list[bytes]
) -> None:
    rekognition.add_response("detect_text", detections(("06376341", 0.3, 0.4)))
    read()
    assert open_reader == []
    assert kept_lattice() is None


@pytest.fixture
def without_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    def lattice_of(_content: bytes) -> None:
        raise NotConfigured("the open reader has no weights")

    module = ModuleType("open_photo")
    module.__dict__["lattice_of"] = lattice_of
    monkeypatch.setitem(sys.modules, "open_photo", module)


@pytest.mark.usefixtures("without_weights")
def test_without_money_and_without_weights_a_person_looks(
    read: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REKOGNITION_BUDGET_USD", "0")
    boto3.client("s3").put_object(Bucket="meterflow-photos", Key=KEPT, Body=b"the copy")
    assert read() == {"outcome": "UNREADABLE", "reader": None, "words": 0, "reasons": ["budget_spent"]}


@pytest.mark.usefixtures("without_weights")
@pytest.mark.parametrize("chosen", ["open", "both"])
def test_a_deployment_that_asks_for_a_reader_it_lacks_says_so(
    read: Callable[..., Any], rekognition: Stubber, monkeypatch: pytest.MonkeyPatch, chosen: str
) -> None:
    monkeypatch.setenv("PHOTO_READER", chosen)
    boto3.client("s3").put_object(Bucket="meterflow-photos", Key=KEPT, Body=b"the copy")
    rekognition.add_response("detect_text", detections(("00000", 0.3, 0.4)))
    with pytest.raises(NotConfigured, match="weights"):
        read()


def test_an_unknown_reader_is_refused(read: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHOTO_READER", "tea leaves")
    with pytest.raises(NotConfigured, match="rekognition, open, both"):
        read()


WEIGHTS = Path(__file__).parents[4] / "functions/image_validation/read_photo/open_reader/weights"


@pytest.mark.skipif(not (WEIGHTS / "calibration.json").exists(), reason="no weights of the open reader here")
def test_the_real_open_reader_gives_a_lattice_that_fits_the_row(
    read: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The port itself: what the reader sees of a rendered photo is kept, comes back equal and can be decoded."""
    pytest.importorskip("onnxruntime")
    from local.city import photo as city

    monkeypatch.setenv("PHOTO_READER", "open")
    boto3.client("s3").put_object(Bucket="meterflow-photos", Key=KEPT, Body=city.render("06376.341", "AL-1"))
    assert read()["reader"] == "open"
    kept = kept_lattice()
    assert kept is not None
    assert len(kept.places) >= 5
    assert kept.corners is not None
    assert all(0 <= x <= 1200 / 900 and 0 <= y <= 1 for x, y in kept.corners)
    assert len(kept.model_dump_json()) < 20_000
    sight = photo_reading.look((), 1200 / 900, kept, photo_reading.Meter(5, 3))
    assert sight.candidates
    assert 0 < sight.candidates[0].confidence <= 1
    assert len(sight.figures) == len(sight.candidates[0].reading.replace(".", ""))


def test_a_deployment_without_weights_says_which(load_handler: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file, another file, no library: each is named, and none is a crash that nobody can read."""
    pytest.importorskip("onnxruntime")
    load_handler("image_validation", "read_photo")
    open_photo = importlib.import_module("open_photo")
    weights = importlib.import_module("open_reader.weights")
    reader = importlib.import_module("open_reader.read")
    picture = io.BytesIO()
    Image.new("RGB", (100, 100)).save(picture, "PNG")
    monkeypatch.setattr(weights, "FOLDER", Path("/nowhere"))
    reader.calibration.cache_clear()
    weights.session.cache_clear()
    with pytest.raises(NotConfigured, match="weights"):
        open_photo.lattice_of(picture.getvalue())
    reader.calibration.cache_clear()


def test_reading_by_rekognition_alone_imports_no_heavy_library() -> None:
    """onnxruntime and NumPy take most of a second of a cold start; only `read_openly` may bring them."""
    source = (Path(__file__).parents[4] / "functions/image_validation/read_photo/app.py").read_text()
    on_import = {
        name
        for node in ast.parse(source).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
    }
    assert not {name.split(".")[0] for name in on_import} & {"open_photo", "open_reader", "PIL", "numpy", "onnxruntime"}
    assert "from open_photo import" in source
