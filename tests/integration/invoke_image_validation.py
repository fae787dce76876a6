"""The steps of image_validation under `sam local invoke`: one function a step, named for it."""

import base64
import io
import json
import re
from decimal import Decimal
from typing import Any

from PIL import Image

from local.city import photo as city_photo
from meterflow import ids, photo
from meterflow.adapters.items import to_item
from meterflow.adapters.validation_results import COMPARED, READING, submission_key
from meterflow.clock import now, to_text
from meterflow.reading import Quality, Status
from tests.integration.invoke_meter_submission import submitted
from tests.integration.invoke_stage import Stage

SHOWN = "06376.341"
REGISTER = "06376341"
MAKE_TAG = 271  # EXIF: who made the camera


def picture(aspect: float = 4 / 3) -> bytes:
    """A JPEG of a register that shows SHOWN, `aspect` times as wide as high, with EXIF in it."""
    drawn = Image.open(io.BytesIO(city_photo.render(SHOWN, "AL-2018-294400")))
    wide = Image.new("RGB", (round(drawn.height * aspect), drawn.height), city_photo.WALL)
    wide.paste(drawn, ((wide.width - drawn.width) // 2, 0))
    exif = Image.Exif()
    exif[MAKE_TAG] = "Meterflow"
    file = io.BytesIO()
    wide.save(file, "JPEG", quality=92, exif=exif)
    return file.getvalue()


def upload(stage: Stage) -> str:
    """Upload the photo of the sample event; its version, once the machine that the upload starts is done with it."""
    key, bucket = stage.event["photo_key"], stage.bucket("Uploads")
    stage.put_object(bucket, key, picture())
    version = stage.tools.client("s3").head_object(Bucket=bucket, Key=key)["VersionId"]
    row = {"result_id": photo.photo_id(key, version)}
    stage.undo.callback(lambda: stage.tools.table("ValidationResults").delete_item(Key=row))
    stage.until(lambda: stage.row("ValidationResults", **row).get("stored_at"), "the upload is read")
    return str(version)


def claimed(stage: Stage) -> None:
    """Have the photo's row as ClaimPhoto left it."""
    row = {"result_id": stage.event["photo_id"], "state": READING, "holder": stage.event["holder"]}
    stage.put("ValidationResults", row, "result_id")


def read(stage: Stage) -> None:
    """Have the photo's row with the words of a register that shows SHOWN."""
    box = [0.3, 0.4, 1.1, 0.4, 1.1, 0.55, 0.3, 0.55]
    row = {
        "result_id": stage.event["photo_id"],
        "state": "READ",
        "kept_key": "photos/invoke.jpg",
        "reasons": [],
        "aspect": Decimal("1.3333"),
        "words": json.dumps([[REGISTER, 0.98, box]]),
    }
    stage.put("ValidationResults", row, "result_id")


def in_review(stage: Stage, submission_id: str, **changes: Any) -> dict[str, Any]:
    """Have a submission's row as RequestReview left it."""
    row = {
        "result_id": submission_key(submission_id),
        "submission_id": submission_id,
        "meter_id": "GAS-0001",
        "status": "PENDING_REVIEW",
        "verdict": "UNREADABLE",
        "value": SHOWN,
        "taken_at": "2020-01-01T08:00:00Z",
        "reasons": ["photo_unreadable", "blurred"],
        "created_at": to_text(now()),
        "review_holder": "sample",
        "task_token": "sample-token",
    }
    stage.put("ValidationResults", row | changes, "result_id")
    return row | changes


def review(stage: Stage) -> dict[str, Any]:
    """The submission's row now."""
    return stage.row("ValidationResults", result_id=submission_key(stage.event["submission_id"]))


def unsettled(stage: Stage) -> None:
    """Have the reading that waits for its review, and its meter marked with it."""
    reading = submitted(stage, status=Status.NEEDS_REVIEW, quality=Quality.RAW, reasons=("photo_unreadable",))
    stage.put("Readings", to_item(reading), "submission_id")
    meter = stage.row("Meters", meter_id=reading.meter_id)
    stage.put("Meters", meter | {"open_reviews": {reading.submission_id}}, "meter_id")


def marked(stage: Stage) -> bool:
    """Whether the reading's meter is marked with an open review."""
    return "open_reviews" in stage.row("Meters", meter_id=stage.event["meter_id"])


def reading(stage: Stage) -> dict[str, Any]:
    """The reading's row now."""
    return stage.row("Readings", submission_id=stage.event["submission_id"])


def claim_photo(stage: Stage) -> None:
    version = upload(stage)
    photo_id = photo.photo_id(stage.event["photo_key"], version)
    stage.tools.table("ValidationResults").delete_item(Key={"result_id": photo_id})
    result = stage.invoke()
    assert (result["outcome"], result["photo_id"], result["version"]) == ("CLAIMED", photo_id, version)
    row = stage.row("ValidationResults", result_id=photo_id)
    assert (row["state"], row["holder"]) == (READING, stage.event["holder"])
    assert 0 < int(row["lease_until"]) - now().timestamp() <= 60


def check_photo(stage: Stage) -> None:
    kept_key = photo.kept_key(stage.event["photo_key"], upload(stage), "image/jpeg")
    stage.remove_object(stage.bucket("Photos"), kept_key)
    claimed(stage)
    result = stage.invoke()
    assert (result["outcome"], result["kept_key"], result["reasons"]) == ("USABLE", kept_key, [])
    row = stage.row("ValidationResults", result_id=stage.event["photo_id"])
    assert json.loads(row["fingerprint"])["content"] == result["content_hash"]
    assert json.loads(row["measures"])["kept_height"] > 0
    kept = stage.object(stage.bucket("Photos"), kept_key)
    stage.remove_object(stage.bucket("Photos"), kept_key)
    assert kept is not None
    with Image.open(io.BytesIO(kept)) as copy:
        assert round(copy.width / copy.height, 4) == result["aspect"]
        assert not copy.getexif()


def read_photo(stage: Stage) -> None:
    claimed(stage)
    stage.absent("Claims", claim_key=f"text#{stage.event['content_hash']}")
    stage.put_object(stage.bucket("Photos"), stage.event["kept_key"], picture(stage.event["aspect"]))
    result = stage.invoke()
    assert (result["outcome"], result["reader"]) == ("READ", "rekognition")
    # An equal photo is not paid for again.
    kept = stage.row("Claims", claim_key=f"text#{stage.event['content_hash']}")
    assert len(json.loads(kept["words"])) == result["words"]
    assert stage.invoke() == result
    row = stage.row("ValidationResults", result_id=stage.event["photo_id"])
    words = json.loads(row["words"])
    assert len(words) == result["words"]
    assert REGISTER in re.sub(r"\D", "", "".join(text for text, _confidence, _corners in words))
    assert row["aspect"] == Decimal(str(stage.event["aspect"]))


def store_photo_result(stage: Stage) -> None:
    claimed(stage)
    assert stage.invoke() == {"outcome": "STORED"}
    row = stage.row("ValidationResults", result_id=stage.event["photo_id"])
    assert (row["state"], row["kept_key"]) == ("READ", stage.event["kept_key"])
    assert row["stored_at"]


def compare_reading(stage: Stage) -> None:
    read(stage)
    result = stage.invoke()
    assert (result["verdict"], result["reading"]) == ("MATCH", SHOWN)
    assert result["confidence"] > 0.75


def trace_photo(stage: Stage) -> None:
    mark = {"content": "invoke", "hashes": [], "greys": base64.b64encode(bytes(1024)).decode()}
    photo_id = stage.event["comparison"]["photo_id"]
    stage.put(
        "ValidationResults", {"result_id": photo_id, "state": "READ", "fingerprint": json.dumps(mark)}, "result_id"
    )
    stage.absent("Claims", claim_key="use#invoke")
    assert stage.invoke()["outcome"] == "FIRST"
    use = json.loads(stage.row("Claims", claim_key="use#invoke")["use"])
    assert (use["submission_id"], use["meter_id"]) == (stage.event["submission_id"], stage.event["meter_id"])


def store_verdict(stage: Stage) -> None:
    stage.absent("ValidationResults", result_id=submission_key(stage.event["submission_id"]))
    assert stage.invoke() == {"outcome": "STORED"}
    row = review(stage)
    assert (row["status"], row["verdict"], row["reasons"]) == (COMPARED, "UNREADABLE", ["blurred"])
    assert row["photo_id"] == stage.event["comparison"]["photo_id"]


def request_review(stage: Stage) -> None:
    read(stage)
    stage.absent("ValidationResults", result_id=submission_key(stage.event["submission_id"]))
    assert stage.invoke() == {"outcome": "OPENED"}
    row = review(stage)
    assert (row["status"], row["review_holder"]) == ("PENDING_REVIEW", stage.event["holder"])
    assert (row["task_token"], row["kept_key"]) == (stage.event["task_token"], "photos/invoke.jpg")
    assert row["deadline_at"] > to_text(now())
    assert (row["ranking"], row["stage"], row["token_stage"]) == ("review_queue", "FIRST", "FIRST")
    assert set(row["stake"]) == {"odds", "difference", "price"}


def escalate_review(stage: Stage) -> None:
    heard = stage.listen("ReviewEscalated")
    event_id = ids.derived_id(stage.event["submission_id"], "escalated")
    assert stage.invoke() == {"outcome": "ESCALATED", "event_id": event_id}
    told = {"event_id": event_id, "reason": "OVERDUE"} | stage.event
    assert [one for one in heard() if one["event_id"] == event_id] == [told]


def apply_correction(stage: Stage) -> None:
    unsettled(stage)
    read(stage)
    submission_id, corrected = stage.event["submission_id"], "06377.341"
    decision = {"value": corrected, "reason": "as shown", "decided_by": "invoke", "decided_at": to_text(now())}
    in_review(stage, submission_id, status="DECIDED", decision=decision, photo_id=stage.event["photo_id"])
    label, lake = f"labels/{submission_id}.json", stage.bucket("Lake")
    stage.remove_object(lake, label)
    stage.undo.callback(stage.remove_object, lake, label)
    assert stage.invoke() == {"outcome": "EDITED", "settled": "SETTLED"}
    row = reading(stage)
    assert (row["status"], row["quality"], row["value"]) == ("ACCEPTED", "edited", corrected)
    assert (row["original_value"], row["edit"]["edited_by"]) == (SHOWN, "invoke")
    assert not marked(stage)
    kept = json.loads(stage.object(lake, label) or b"{}")
    assert (kept["label"], kept["submitted"], kept["photo_key"]) == (corrected, SHOWN, "photos/invoke.jpg")
    assert [word[0] for word in kept["words"]] == [REGISTER]


def count_decision(stage: Stage) -> None:
    submission_id = stage.event["submission_id"]
    decision = {"value": "06377.341", "reason": "as shown", "decided_by": "invoke-count", "decided_at": to_text(now())}
    in_review(stage, submission_id, status="DECIDED", decision=decision)
    for kind in ("gas", "all"):
        stage.remember("ValidationResults", result_id=f"everybody#{kind}")
        stage.absent("ValidationResults", result_id=f"reviewer#invoke-count#{kind}")
    assert stage.invoke() == {"outcome": "COUNTED"}
    row = stage.row("ValidationResults", result_id="reviewer#invoke-count#gas")
    assert (row["decisions"], row["corrections"], row["up"], row["ranking"]) == (1, 1, 1, "reviewers#gas")
    assert stage.invoke() == {"outcome": "ALREADY"}


def close_review(stage: Stage) -> None:
    unsettled(stage)
    in_review(stage, stage.event["submission_id"])
    assert stage.invoke() == {"outcome": "EXPIRED"}
    assert review(stage)["status"] == "EXPIRED"
    row = reading(stage)
    assert (row["status"], row["reasons"][-1]) == ("REJECTED", "review_expired")
    assert not marked(stage)


def announce_decision(stage: Stage) -> None:
    settled = submitted(stage, status=Status.ACCEPTED, quality=Quality.EDITED, reasons=("review_corrected",))
    stage.put("Readings", to_item(settled), "submission_id")
    heard = stage.listen("ReadingSettled")
    event_id = ids.derived_id(settled.submission_id, "decided")
    assert stage.invoke() == {"outcome": "ANNOUNCED", "event_id": event_id}
    (event,) = [one for one in heard() if one["event_id"] == event_id]
    assert (event["submission_id"], event["quality"]) == (settled.submission_id, "edited")
