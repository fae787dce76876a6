"""The site in its bucket: every file with its type and age, and only what differs."""

import json
from typing import Any

import boto3
import pytest

from local import site

OUTPUTS = {
    "SiteBucketName": "meterflow-site",
    "UserPoolClientId": "client-1",
    "SiteUrl": "https://site.example",
}
COGNITO = "http://127.0.0.1:4566"


def publish() -> int:
    """Publish to the fake bucket."""
    return site.publish(boto3.client("s3"), OUTPUTS, "eu-central-1", COGNITO)


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


@pytest.mark.usefixtures("aws")
def test_publishing_to_an_account(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(site.stack, "outputs", lambda _client, name: OUTPUTS if name == "meterflow-staging" else {})
    site.main(["--stack", "meterflow-staging"])
    assert capsys.readouterr().out.endswith("files published to https://site.example\n")
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
