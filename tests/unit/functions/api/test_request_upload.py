"""POST /uploads."""

import base64
import json
import re
from datetime import timedelta
from typing import Any

import pytest

from meterflow import clock
from meterflow.photo import is_upload_key

BODY = {"meter_id": "WTR-0001", "content_type": "image/jpeg"}


def policy(answer: dict[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(base64.b64decode(answer["fields"]["policy"]))
    return document


def test_the_link_fixes_key_type_length_and_expiry(call: Any, meter: Any) -> None:
    meter()
    status, answer = call("request_upload", BODY)
    assert status == 200
    assert set(answer) == {"url", "fields", "photo_key", "expires_at"}
    user = "00000000-0000-4000-8000-000000000001"
    assert re.fullmatch(rf"uploads/{user}/[0-9a-f-]{{36}}\.jpg", answer["photo_key"])
    assert is_upload_key(answer["photo_key"])
    assert answer["fields"]["key"] == answer["photo_key"]
    assert answer["fields"]["Content-Type"] == "image/jpeg"
    conditions = policy(answer)["conditions"]
    assert {"Content-Type": "image/jpeg"} in conditions
    assert {"key": answer["photo_key"]} in conditions
    assert {"bucket": "meterflow-uploads"} in conditions
    assert ["content-length-range", 1, 15 * 1024 * 1024] in conditions
    for moment in (answer["expires_at"], policy(answer)["expiration"]):
        left = clock.from_text(moment) - clock.now()
        assert timedelta(seconds=280) < left <= timedelta(seconds=301)


def test_the_address_is_regional_and_signed_with_version_4(call: Any, meter: Any) -> None:
    meter()
    answer = call("request_upload", BODY)[1]
    assert answer["url"] == "https://meterflow-uploads.s3.eu-central-1.amazonaws.com/"
    assert answer["fields"]["x-amz-algorithm"] == "AWS4-HMAC-SHA256"


def test_every_call_has_a_key_of_its_own(call: Any, meter: Any) -> None:
    meter()
    keys = {call("request_upload", {**BODY, "content_type": "image/png"})[1]["photo_key"] for _ in range(5)}
    assert len(keys) == 5
    assert all(key.endswith(".png") for key in keys)


@pytest.mark.parametrize(
    ("user", "groups", "status"),
    [("somebody", "", 404), ("somebody", "technician", 200), ("somebody", "operator", 200)],
)
def test_whose_meter(call: Any, meter: Any, user: str, groups: str, status: int) -> None:
    meter()
    assert call("request_upload", BODY, user=user, groups=groups)[0] == status


@pytest.mark.usefixtures("aws")
def test_an_unknown_meter(call: Any) -> None:
    assert call("request_upload", BODY)[0] == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"content_type": "image/gif"}, "content_type"),
        ({"content_type": "image/svg+xml"}, "content_type"),
        ({"content_type": "IMAGE/JPEG"}, "content_type"),
        ({"content_type": None}, "content_type"),
        ({"meter_id": "../x"}, "meter_id"),
        ({"meter_id": 7}, "meter_id"),
        ({"meter_id": ""}, "meter_id"),
    ],
)
def test_bad_bodies(call: Any, change: dict[str, Any], field: str) -> None:
    status, problem = call("request_upload", {**BODY, **change})
    assert (status, problem["errors"][0]["field"]) == (400, field)


def test_an_access_token_is_not_enough(call: Any) -> None:
    assert call("request_upload", BODY, token_use="access")[0] == 401
