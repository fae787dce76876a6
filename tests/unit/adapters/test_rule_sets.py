"""The rule sets that hold: the shipped ones or a utility's, and nothing that is half understood."""

import boto3
import pytest

from meterflow.adapters import rule_sets
from meterflow.errors import NotConfigured
from meterflow.vee.rule_sets import shipped

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture(autouse=True)
def _forget() -> None:
    rule_sets._kept.clear()


def put(content: bytes, key: str = "config/vee.json") -> None:
    boto3.client("s3").put_object(Bucket="meterflow-lake", Key=key, Body=content)


@pytest.mark.parametrize("key", [None, "", "none"])
def test_the_shipped_sets_hold_unless_told(monkeypatch: pytest.MonkeyPatch, key: str | None) -> None:
    monkeypatch.delenv("VEE_RULES_KEY", raising=False)
    if key is not None:
        monkeypatch.setenv("VEE_RULES_KEY", key)
    assert rule_sets.current() is shipped()


def test_a_utilitys_document_is_read_once_and_again_after_five_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VEE_RULES_KEY", "config/vee.json")
    put(b'{"version": "acme-1"}')
    assert rule_sets.current().version == "acme-1"
    put(b'{"version": "acme-2"}')
    assert rule_sets.current().version == "acme-1"
    monkeypatch.setattr(rule_sets, "KEPT_SECONDS", 0)
    assert rule_sets.current().version == "acme-2"


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (None, "there are no rule sets"),
        (b"{", "not whole"),
        (b'{"version": "x", "sets": {"customer": {"limits": {"high_factor": "0"}}}}', "not whole"),
        (b'{"version": "x", "sets": {"customer": {"plausibility": {"lte": "NOTE"}}}}', "unknown rules: lte"),
    ],
)
def test_what_cannot_be_applied_stops_validation(
    monkeypatch: pytest.MonkeyPatch, content: bytes | None, word: str
) -> None:
    monkeypatch.setenv("VEE_RULES_KEY", "config/vee.json")
    if content is not None:
        put(content)
    with pytest.raises(NotConfigured, match=word):
        rule_sets.current()
