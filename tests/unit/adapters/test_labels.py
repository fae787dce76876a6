"""Labels: written once, and the hash of what they are about."""

import hashlib
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from meterflow.adapters import labels
from meterflow.errors import TransientError

pytestmark = pytest.mark.usefixtures("aws")


def stored() -> bytes:
    body: bytes = boto3.client("s3").get_object(Bucket="meterflow-lake", Key="labels/s-1.json")["Body"].read()
    return body


def test_the_first_label_stays() -> None:
    assert labels.put("s-1", b"first")
    assert not labels.put("s-1", b"second")
    assert stored() == b"first"


@pytest.mark.parametrize(("code", "raised"), [("ConditionalRequestConflict", TransientError), ("Other", ClientError)])
def test_two_at_once_try_again_and_a_bug_stays_a_bug(
    code: str, raised: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refusing:
        def put_object(self, **_parameters: Any) -> None:
            raise ClientError({"Error": {"Code": code, "Message": ""}}, "PutObject")

    monkeypatch.setattr(labels, "client", lambda _service: Refusing())
    with pytest.raises(raised):
        labels.put("s-1", b"x")


def test_the_hash_of_a_photo_and_of_none() -> None:
    content = bytes(range(256)) * 1024
    boto3.client("s3").put_object(Bucket="meterflow-photos", Key="photos/a.jpg", Body=content)
    assert labels.photo_hash("photos/a.jpg") == hashlib.sha256(content).hexdigest()
    assert labels.photo_hash("photos/gone.jpg") is None
