"""The wire: names of errors, shapes of answers, as a boto3 client sees them."""

from __future__ import annotations

import json
import logging
import threading
import time
import urllib.error
import urllib.request
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.rekognition.access_log import LOGGER
from local.rekognition.s3 import S3Object
from tests.unit.local_rekognition.support import FakeReader, ImageFile, Serve, line, word


def test_detect_text_tells_lines_first_then_their_words(client: Any, image_file: ImageFile) -> None:
    answer = client.detect_text(Image={"Bytes": image_file()})
    told = answer["TextDetections"]
    assert [(d["Type"], d["DetectedText"], d["Id"], d.get("ParentId")) for d in told] == [
        ("LINE", "Serial 4711", 0, None),
        ("WORD", "Serial", 1, 0),
        ("WORD", "4711", 2, 0),
    ]
    assert told[1]["Geometry"]["BoundingBox"] == pytest.approx({"Left": 0.1, "Top": 0.3, "Width": 0.3, "Height": 0.2})
    corners = told[1]["Geometry"]["Polygon"]
    assert [corner["X"] for corner in corners] == pytest.approx([0.1, 0.4, 0.4, 0.1])
    assert [corner["Y"] for corner in corners] == pytest.approx([0.3, 0.3, 0.5, 0.5])
    assert told[1]["Confidence"] == 99.0
    assert answer["TextModelVersion"] == "fake-1"
    assert answer["ResponseMetadata"]["RequestId"]


def test_other_operations_are_unknown(client: Any, image_file: ImageFile) -> None:
    with pytest.raises(ClientError) as refused:
        client.detect_faces(Image={"Bytes": image_file()})
    assert refused.value.response["Error"]["Code"] == "UnknownOperationException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_an_image_comes_from_exactly_one_place(client: Any, image_file: ImageFile) -> None:
    both = {"Bytes": image_file(), "S3Object": {"Bucket": "photos", "Name": "a.png"}}
    for image in ({}, both):
        with pytest.raises(client.exceptions.InvalidParameterException):
            client.detect_text(Image=image)


@pytest.mark.parametrize("size", [0, 5 * 1024 * 1024 + 1])
def test_inline_bytes_are_bounded_by_the_api_model(client: Any, size: int) -> None:
    with pytest.raises(ClientError, match=r"image\.bytes") as refused:
        client.detect_text(Image={"Bytes": b"\xff" * size})
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_a_body_beyond_all_bounds_is_refused_unread(client: Any) -> None:
    request = urllib.request.Request(client.meta.endpoint_url, data=b"", method="POST")
    request.add_header("Content-Length", str(10**10))
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=5)
    with refused.value as answer:
        assert answer.headers["x-amzn-errortype"] == "ValidationException"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"Image": 7}', b'{"Image": {"Bytes": "\xc3\xa4"}}'])
def test_nonsense_is_a_serialization_error_of_the_service(client: Any, body: bytes) -> None:
    request = urllib.request.Request(client.meta.endpoint_url, data=body)
    request.add_header("X-Amz-Target", "RekognitionService.DetectText")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=5)
    with refused.value as answer:
        assert answer.code == 400
        assert answer.headers["Content-Type"] == "application/x-amz-json-1.1"
        assert json.load(answer)["__type"] == "SerializationException"


def test_s3_objects_are_fetched_by_name(serve: Serve, image_file: ImageFile) -> None:
    asked = []

    def fetch(wanted: S3Object) -> bytes:
        asked.append(wanted)
        return image_file()

    seen = line(word("7", 90.0, 10, 10, 20, 20))
    with serve(FakeReader(seen), fetch=fetch) as client:
        stored = {"Bucket": "photos", "Name": "meters/ä b.png", "Version": "v1"}
        told = client.detect_text(Image={"S3Object": stored})["TextDetections"]
    assert asked == [S3Object("photos", "meters/ä b.png", "v1")]
    assert [d["DetectedText"] for d in told] == ["7", "7"]


def test_a_missing_s3_object_has_the_services_name(client: Any) -> None:
    with pytest.raises(client.exceptions.InvalidS3ObjectException):
        client.detect_text(Image={"S3Object": {"Bucket": "photos", "Name": "none.png"}})


def test_calls_over_the_quota_are_refused_and_come_back(serve: Serve, image_file: ImageFile) -> None:
    file = image_file()
    with serve(per_second=0.5) as client:
        client.detect_text(Image={"Bytes": file})
        with pytest.raises(client.exceptions.ProvisionedThroughputExceededException):
            client.detect_labels(Image={"Bytes": file})
        time.sleep(2.1)
        client.detect_text(Image={"Bytes": file})


def test_an_sdk_with_its_retries_outlasts_the_quota(serve: Serve, image_file: ImageFile) -> None:
    file = image_file()
    with serve(per_second=20) as client:
        other = boto3.client(
            "rekognition",
            endpoint_url=client.meta.endpoint_url,
            region_name="eu-central-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=Config(retries={"total_max_attempts": 10}),
        )
        for _ in range(30):
            other.detect_text(Image={"Bytes": file})
        other.close()


class _SlowReader(FakeReader):
    """Reads until told to stop; counts how many read at once."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = threading.Semaphore(0)
        self.go_on = threading.Event()
        self.at_once = 0
        self.most_at_once = 0
        self.times = 0

    def read(self, pixels: Any) -> Any:
        self.times += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.entered.release()
        assert self.go_on.wait(10)
        self.at_once -= 1
        return super().read(pixels)


def test_callers_wait_their_turn_and_are_throttled_beyond_the_queue(serve: Serve, image_file: ImageFile) -> None:
    reader, file = _SlowReader(), image_file()
    with serve(reader, most_waiting=3, patience=60) as client:
        outcomes: list[str] = []

        def call() -> None:
            try:
                client.detect_text(Image={"Bytes": file})
                outcomes.append("ok")
            except client.exceptions.ThrottlingException:
                outcomes.append("throttled")
                reader.go_on.set()

        callers = [threading.Thread(target=call) for _ in range(8)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
    assert outcomes.count("ok") >= 4
    assert "throttled" in outcomes
    assert reader.most_at_once == 1


def test_a_caller_is_told_to_try_again_before_it_gives_up(serve: Serve, image_file: ImageFile) -> None:
    reader, file = _SlowReader(), image_file()
    with serve(reader, patience=0.2) as client:

        def call() -> None:
            with pytest.raises(client.exceptions.ThrottlingException):
                client.detect_text(Image={"Bytes": file})

        read, waits = threading.Thread(target=call), threading.Thread(target=call)
        read.start()
        assert reader.entered.acquire(timeout=5)
        waits.start()
        started = time.monotonic()
        read.join()
        waits.join()
        assert time.monotonic() - started < 2
        reader.go_on.set()
        # Whoever gave up waiting is not read afterwards, and the reader is free again.
        client.detect_text(Image={"Bytes": file})
        assert reader.times == 2


class _BrokenReader(FakeReader):
    def read(self, pixels: Any) -> Any:  # noqa: ARG002 - the base's name
        raise ZeroDivisionError


def test_a_bug_is_an_internal_server_error_and_frees_the_reader(serve: Serve, image_file: ImageFile) -> None:
    with serve(_BrokenReader(), patience=0.5) as client:
        for _ in range(3):
            with pytest.raises(client.exceptions.InternalServerError):
                client.detect_text(Image={"Bytes": image_file()})


def test_health_answers_and_nothing_else_does(client: Any) -> None:
    with urllib.request.urlopen(client.meta.endpoint_url + "/health", timeout=5) as answer:
        assert json.load(answer) == {"status": "ok", "model": "fake-1"}
    with pytest.raises(urllib.error.HTTPError, match="404") as refused:
        urllib.request.urlopen(client.meta.endpoint_url + "/", timeout=5)
    refused.value.close()


def test_the_log_names_no_text_and_no_key(client: Any, image_file: ImageFile, caplog: pytest.LogCaptureFixture) -> None:
    LOGGER.addHandler(caplog.handler)
    caplog.set_level(logging.INFO, LOGGER.name)
    try:
        client.detect_text(Image={"Bytes": image_file()})
        with pytest.raises(client.exceptions.InvalidS3ObjectException):
            client.detect_text(Image={"S3Object": {"Bucket": "photos", "Name": "jane-doe.png"}})
    finally:
        LOGGER.removeHandler(caplog.handler)
    first, second = (json.loads(record.getMessage()) for record in dict.fromkeys(caplog.records))
    assert (first["op"], first["words"], first["outcome"]) == ("DetectText", 2, "ok")
    assert first["bytes"] == len(image_file())
    assert second["outcome"] == "InvalidS3ObjectException"
    assert not any(secret in caplog.text for secret in ("4711", "jane", "photos"))
