"""The site in its bucket: every file with its type and age, and only what differs."""

import json
from typing import Any

import boto3
import pytest

from local import site
from meterflow.contracts.update_pipeline import PagesDue

OUTPUTS = {
    "SiteBucketName": "meterflow-site",
    "UserPoolClientId": "client-1",
    "SiteUrl": "https://site.example",
}
QUEUES = ("MapQueueUrl", "DashboardQueueUrl")
COGNITO = "http://127.0.0.1:4566"


def publish() -> int:
    """Publish to the fake bucket."""
    return site.publish(boto3.client("s3"), OUTPUTS, "eu-central-1", COGNITO)


@pytest.fixture
def outputs(aws: None) -> dict[str, str]:  # noqa: ARG001 (the queues are made in it)
    """The stack's outputs, the generators' queues among them."""
    sqs = boto3.client("sqs")
    return OUTPUTS | {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in QUEUES}


def asked(outputs: dict[str, str]) -> list[list[dict[str, Any]]]:
    """What waits for the map's generator and for the dashboard's."""
    sqs = boto3.client("sqs")
    batches = [sqs.receive_message(QueueUrl=outputs[name], MaxNumberOfMessages=10) for name in QUEUES]
    return [[json.loads(message["Body"]) for message in batch.get("Messages", [])] for batch in batches]


def kept(key: str) -> dict[str, Any]:
    """One object of the bucket."""
    found: dict[str, Any] = boto3.client("s3").get_object(Bucket="meterflow-site", Key=key)
    return found


@pytest.mark.usefixtures("aws")
def test_every_file_is_there_once() -> None:
    files = [path for path in site.SITE.rglob("*") if path.is_file()]
    assert publish() == len(files) + 1
    assert publish() == 0
    page = kept("login.html")
    assert page["ContentType"] == "text/html; charset=utf-8"
    assert page["CacheControl"] == "no-cache"
    assert page["Body"].read() == (site.SITE / "login.html").read_bytes()
    vendored = next(path.relative_to(site.SITE).as_posix() for path in files if "vendor" in path.parts)
    assert kept(vendored)["CacheControl"].endswith("immutable")


@pytest.mark.usefixtures("aws")
def test_the_login_page_is_told_where_to_log_in() -> None:
    publish()
    assert json.load(kept("config.json")["Body"]) == {
        "region": "eu-central-1",
        "user_pool_client_id": "client-1",
        "cognito_endpoint": COGNITO,
    }


@pytest.mark.usefixtures("aws")
def test_what_somebody_changed_is_put_back_and_the_map_is_left() -> None:
    publish()
    s3 = boto3.client("s3")
    s3.put_object(Bucket="meterflow-site", Key="login.html", Body=b"old")
    s3.put_object(Bucket="meterflow-site", Key="map.html", Body=b"generated")
    assert publish() == 1
    assert kept("login.html")["Body"].read() != b"old"
    assert kept("map.html")["Body"].read() == b"generated"


def test_a_generator_understands_what_it_is_asked(outputs: dict[str, str]) -> None:
    site.rebuild_pages(boto3.client("sqs"), outputs)
    for [message] in asked(outputs):
        assert PagesDue.model_validate(message).rebuild


def test_a_deployment_asks_for_the_pages_once(outputs: dict[str, str]) -> None:
    sqs = boto3.client("sqs")
    assert site.rebuild_pages_once(sqs, outputs, "sources-1")
    assert asked(outputs) == [[{"rebuild": True}], [{"rebuild": True}]]
    assert not site.rebuild_pages_once(sqs, outputs, "sources-1")
    assert asked(outputs) == [[], []]
    assert site.rebuild_pages_once(sqs, outputs, "sources-2")
    assert asked(outputs) == [[{"rebuild": True}], [{"rebuild": True}]]


def test_a_run_that_dies_between_the_two_asks_again(outputs: dict[str, str]) -> None:
    sqs = boto3.client("sqs")
    with pytest.raises(KeyError):
        site.rebuild_pages_once(sqs, {"MapQueueUrl": outputs["MapQueueUrl"]}, "sources-1")
    assert site.rebuild_pages_once(sqs, outputs, "sources-1")
    assert [len(messages) for messages in asked(outputs)] == [2, 1]


def test_publishing_to_an_account(
    outputs: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(site.stack, "outputs", lambda _client, name: outputs if name == "meterflow-staging" else {})
    site.main(["--stack", "meterflow-staging"])
    said = capsys.readouterr().out
    assert said.endswith("files published to https://site.example; map and dashboard are made anew\n")
    assert asked(outputs) == [[{"rebuild": True}], [{"rebuild": True}]]
    assert (
        json.load(kept("config.json")["Body"])["cognito_endpoint"] == "https://cognito-idp.eu-central-1.amazonaws.com"
    )
    with pytest.raises(SystemExit, match="there is no deployed stack nothing in eu-central-1"):
        site.main(["--stack", "nothing"])


def test_an_account_without_credentials_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with pytest.raises(SystemExit, match=r"^site: [^\n]+$"):
        site.main(["--stack", "meterflow-staging"])
