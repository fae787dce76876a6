"""The parts that need no server: the quota, line joining, S3, the command line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from local.rekognition.__main__ import main
from local.rekognition.errors import ServiceError
from local.rekognition.lines import join_lines
from local.rekognition.rate import TokenBucket
from local.rekognition.s3 import MOST_OBJECT_BYTES, S3Object, fetch_object
from tests.unit.local_rekognition.support import line, word


def test_the_bucket_gives_one_seconds_burst_and_fills_steadily() -> None:
    now = 100.0
    bucket = TokenBucket(5, clock=lambda: now)
    assert [bucket.take() for _ in range(6)] == [True] * 5 + [False]
    now += 0.41
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    now += 3600
    assert [bucket.take() for _ in range(6)] == [True] * 5 + [False]


def test_a_rate_of_zero_is_no_limit_and_below_one_is_slow() -> None:
    assert all(TokenBucket(0, clock=lambda: 0.0).take() for _ in range(1000))
    now = 0.0
    slow = TokenBucket(0.5, clock=lambda: now)
    assert [slow.take(), slow.take()] == [True, False]
    now = 2.0
    assert slow.take()


def _joined(*words: Any) -> list[str]:
    return [found.text for found in join_lines([line(one) for one in words])]


def test_wheels_of_a_counter_are_one_line() -> None:
    wheels = [word(str(n), 90.0, 100 + n * 50, 100 + n % 2 * 4, 30, 40) for n in range(5)]
    joined = join_lines([line(one) for one in wheels])
    assert [found.text for found in joined] == ["0 1 2 3 4"]
    xs, ys = zip(*joined[0].quad, strict=True)
    for x, y in (corner for one in wheels for corner in one.quad):
        assert min(xs) - 1e-6 <= x <= max(xs) + 1e-6
        assert min(ys) - 1e-6 <= y <= max(ys) + 1e-6


def test_what_is_apart_stays_apart() -> None:
    first = word("one", 90.0, 0, 0, 100, 40)
    assert _joined(first, word("far", 90.0, 150, 0, 100, 40)) == ["one", "far"]
    assert _joined(first, word("below", 90.0, 0, 45, 100, 40)) == ["one", "below"]
    assert _joined(first, word("small", 90.0, 110, 10, 100, 20)) == ["one", "small"]
    assert _joined(first, word("beside", 90.0, 110, 20, 100, 40)) == ["one", "beside"]


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client(
            "s3", region_name="us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing"
        )
        client.create_bucket(Bucket="photos")
        yield client
        client.close()


def test_an_object_is_fetched_and_the_rest_has_the_services_names(s3: Any) -> None:
    s3.put_object(Bucket="photos", Key="a.png", Body=b"abc")
    assert fetch_object(s3, S3Object("photos", "a.png")) == b"abc"
    for missing in (
        S3Object("photos", "b.png"),
        S3Object("other", "a.png"),
        S3Object("photos", "a.png", "no-such-version"),
        S3Object("not a bucket", "a.png"),
    ):
        with pytest.raises(ServiceError) as refused:
            fetch_object(s3, missing)
        assert refused.value.name == "InvalidS3ObjectException"


def test_an_object_over_15_mb_is_too_large(s3: Any) -> None:
    s3.put_object(Bucket="photos", Key="fits.png", Body=b"0" * MOST_OBJECT_BYTES)
    s3.put_object(Bucket="photos", Key="large.png", Body=b"0" * (MOST_OBJECT_BYTES + 1))
    assert len(fetch_object(s3, S3Object("photos", "fits.png"))) == MOST_OBJECT_BYTES
    with pytest.raises(ServiceError) as refused:
        fetch_object(s3, S3Object("photos", "large.png"))
    assert refused.value.name == "ImageTooLargeException"


def test_s3_being_away_is_worth_another_try() -> None:
    client = boto3.client(
        "s3",
        endpoint_url="http://127.0.0.1:1",
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=1),
    )
    with pytest.raises(ServiceError) as refused:
        fetch_object(client, S3Object("photos", "a.png"))
    client.close()
    assert refused.value.name == "ThrottlingException"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.com"])
def test_only_loopback_is_served(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--host", host, "--port", "0"])
    assert host in capsys.readouterr().err
