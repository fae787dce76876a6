"""A file of the site is never replaced by an older one."""

import boto3
import pytest

from meterflow.adapters import site
from meterflow.errors import TransientError

pytestmark = pytest.mark.usefixtures("aws")


def head(key: str) -> dict[str, str]:
    answer = boto3.client("s3").head_object(Bucket="meterflow-site", Key=key)
    return {"type": answer["ContentType"], "cache": answer["CacheControl"], "version": answer["Metadata"]["version"]}


def test_newer_replaces_older_and_never_the_other_way() -> None:
    assert site.published_version("map.html") == -1
    assert site.read("map.html") is None
    assert site.publish("map.html", "two", 2)
    assert not site.publish("map.html", "one", 1)
    assert not site.publish("map.html", "two again", 2)
    assert site.publish("map.html", "three", 3)
    assert site.read("map.html") == "three"
    assert head("map.html") == {"type": "text/html; charset=utf-8", "cache": "private, no-cache", "version": "3"}


def test_again_replaces_whatever_is_there() -> None:
    site.publish("map.html", "two", 2)
    assert site.publish("map.html", "one", 1, again=True)
    assert site.published_version("map.html") == 1


def test_a_slow_older_writer_loses(monkeypatch: pytest.MonkeyPatch) -> None:
    original = site._head
    heads = []

    def slow_head(key: str) -> tuple[int, str | None]:
        found = original(key)
        heads.append(found)
        if len(heads) == 1:
            # Between this writer's look and its write a newer one publishes.
            site._put(key, "newer", 7, found[1])
        return found

    monkeypatch.setattr(site, "_head", slow_head)
    monkeypatch.setattr(site.time, "sleep", lambda _seconds: None)
    assert not site.publish("map.html", "older", 6)
    assert site.read("map.html") == "newer"


def test_whoever_always_loses_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site, "_put", lambda *_args: False)
    monkeypatch.setattr(site.time, "sleep", lambda _seconds: None)
    with pytest.raises(TransientError, match=r"map\.html"):
        site.publish("map.html", "x", 1)
