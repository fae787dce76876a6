"""Photos across processes: used twice, sent through the queue, faulty, and what the customer is told."""

import io
import json
import uuid
from datetime import timedelta
from typing import Any

from boto3.dynamodb.conditions import Attr
from PIL import Image, ImageFilter

from cli import api
from meterflow import ids
from meterflow.clock import now, to_text
from meterflow.contracts.photo_intake import ObjectCreated
from tests.integration.conftest import Cloud
from tests.integration.fresh_photo import SERIAL, fresh


def encoded(image: Image.Image, quality: int = 92) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def uploaded(laptop: Cloud, meter_id: str, content: bytes) -> str:
    form = laptop.session("customer").call("POST", "/uploads", {"meter_id": meter_id, "content_type": "image/jpeg"})
    api.upload(form, content)
    return str(form["photo_key"])


def submitted(laptop: Cloud, meter_id: str, value: str, content: bytes, **changes: Any) -> tuple[str, dict[str, Any]]:
    submission_id = laptop.submit(meter_id, value, photo_key=uploaded(laptop, meter_id, content), **changes)
    return submission_id, laptop.settled(submission_id)


def test_a_photo_proves_one_meter(laptop: Cloud) -> None:
    """The neighbour sends the same photo, re-encoded and a little cropped: a person looks, with the first beside it."""
    shown, image = "00431.207", fresh("00431.207")
    mine, neighbour = (laptop.new_meter(serial_number=SERIAL) for _ in range(2))
    first, result = submitted(laptop, mine, shown, encoded(image))
    assert (result["status"], result["photo"]["verdict"]) == ("ACCEPTED", "MATCH"), result
    cropped = image.crop((image.width // 60, 0, image.width, image.height * 59 // 60))
    second, again = submitted(laptop, neighbour, shown, encoded(cropped, quality=80))
    assert again["status"] == "NEEDS_REVIEW", again
    assert "photo_reused" in again["reasons"]
    assert "photo_mismatch" not in again["reasons"]
    assert "photo_reused" in [hint["reason"] for hint in again["photo"]["hints"]]
    row = laptop.table("ValidationResults").get_item(Key={"result_id": f"submission#{second}"})["Item"]
    assert row["first_use"]["submission_id"] == first
    # What the first customer's submission is stays between the reviewer and the table.
    assert first not in json.dumps(again)


def test_the_same_reading_sent_again_is_a_retry(laptop: Cloud) -> None:
    shown, content = "00555.125", encoded(fresh("00555.125"))
    meter_id = laptop.new_meter(serial_number=SERIAL)
    taken_at = to_text(now() - timedelta(minutes=5))
    _, result = submitted(laptop, meter_id, shown, content, taken_at=taken_at)
    assert result["status"] == "ACCEPTED", result
    _, again = submitted(laptop, meter_id, shown, content)
    assert "photo_reused" not in again["reasons"], again


def test_equal_photos_are_paid_for_once(laptop: Cloud) -> None:
    content = encoded(fresh("00600.500"))
    meter_id = laptop.new_meter(serial_number=SERIAL)
    table = laptop.table("ValidationResults")

    def read(key: str) -> Any:
        found = table.scan(FilterExpression=Attr("result_id").begins_with(f"photo#{key}"), ConsistentRead=True)["Items"]
        return [row for row in found if row.get("state") == "READ"]

    keys = [uploaded(laptop, meter_id, content) for _ in range(2)]
    rows = [laptop.eventually(lambda key=key: read(key))[0] for key in keys]
    contents = {json.loads(row["fingerprint"])["content"] for row in rows}
    assert len(contents) == 1
    assert rows[0]["words"] == rows[1]["words"]
    kept = laptop.table("Claims").get_item(Key={"claim_key": f"text#{contents.pop()}"})["Item"]
    assert kept["words"] == rows[0]["words"]


def test_a_blurred_photo_comes_back_with_a_hint(laptop: Cloud) -> None:
    meter_id = laptop.new_meter(serial_number=SERIAL)
    blurred = fresh("00777.333").filter(ImageFilter.GaussianBlur(25))
    submission_id, result = submitted(laptop, meter_id, "00777.333", encoded(blurred))
    assert result["status"] == "NEEDS_REVIEW", result
    hints = {hint["reason"]: hint["hint"] for hint in result["photo"]["hints"]}
    assert "focus" in hints["blurred"]
    message = laptop.eventually(lambda: laptop.messages(submission_id))[0]
    assert "For your next photo" in message.text


def event_of(key: str, version: str | None) -> dict[str, Any]:
    """S3's event as the rule puts it into the queue."""
    created = {"key": key, "size": 1, "version-id": version}
    return {"source": "aws.s3", "detail-type": "Object Created", "detail": {"bucket": {"name": "u"}, "object": created}}


def test_the_queue_starts_an_upload_once_and_a_poisoned_message_harms_nobody(laptop: Cloud) -> None:
    sqs, queue = laptop.client("sqs"), laptop.outputs["PhotoQueueUrl"]
    key = f"uploads/00000000-0000-4000-8000-000000000001/{uuid.uuid4()}.jpg"
    event = event_of(key, str(uuid.uuid4()))
    for body in (json.dumps(event), "poison", json.dumps(event)):
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    machine = laptop.outputs["ImageValidationStateMachineArn"]
    name = ids.execution_name(ObjectCreated.model_validate(event).business_key)
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
    states = laptop.client("stepfunctions")

    def ended() -> Any:
        known = {one["executionArn"] for one in states.list_executions(stateMachineArn=machine)["executions"]}
        return arn in known and states.describe_execution(executionArn=arn)["status"] == "SUCCEEDED"

    # No such object: the machine says so and ends, and the second delivery found it.
    assert laptop.eventually(ended)

    def left() -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return sum(int(counts[one]) for one in names)

    # The poisoned one alone is hidden until it is tried again; after five times it is in the dead-letter queue.
    assert laptop.eventually(lambda: left() == 1)
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["RedrivePolicy"])["Attributes"]
    assert int(json.loads(attributes["RedrivePolicy"])["maxReceiveCount"]) == 5
    sqs.purge_queue(QueueUrl=queue)
