"""The inbox: what the emulator's read-outs become, and pages on which nobody's text can act."""

import html
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest

from local import inbox
from local.inbox import InboxMessage, InboxUnavailable
from local.inbox_page import answer

EMAIL = {
    "MessageId": "id@email.amazonses.com",
    "Source": "no-reply@meterflow.example",
    "To": ["ada@example.com"],
    "Subject": "Your reading",
    "BodyText": "Hello\n\nRef 7d0c1a52",
    "BodyHtml": '<p>Hello "you"</p><script>alert(1)</script>',
    "Timestamp": 1795225507.541,
}
SMS = {"PhoneNumber": "+34600000001", "MessageId": "sms-1", "Message": "Hola Ref 7d0c1a52"}


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`emulator(emails, texts)` sets what the read-outs answer."""

    def answer_with(emails: Any, texts: Any) -> None:
        answers = {"messages": emails, "sms_messages": texts}
        monkeypatch.setattr(inbox, "_fetch", lambda _endpoint, _path, name: answers[name])

    return answer_with


def test_messages_are_typed(emulator: Callable[..., None]) -> None:
    emulator({"000000000000": [EMAIL]}, {"+34600000001": [SMS]})
    mail, text = inbox.read("http://emulator")
    assert mail == InboxMessage(
        message_id="id@email.amazonses.com",
        channel="email",
        to="ada@example.com",
        subject="Your reading",
        text="Hello\n\nRef 7d0c1a52",
        html=EMAIL["BodyHtml"],
        ref="7d0c1a52",
        sent_at="2026-11-21T01:45:07.541Z",
    )
    assert (text.channel, text.to, text.ref, text.sent_at) == ("sms", "+34600000001", "7d0c1a52", None)


def test_a_message_without_a_reference_has_none(emulator: Callable[..., None]) -> None:
    emulator({}, {"+1": [SMS | {"Message": "Ref 7d0c1a52 is not the end"}]})
    assert inbox.read("http://emulator")[0].ref == ""


def test_a_changed_read_out_is_named(emulator: Callable[..., None]) -> None:
    emulator({"0": [{"something": "else"}]}, {})
    with pytest.raises(InboxUnavailable):
        inbox.read("http://emulator")


def test_no_emulator_is_named() -> None:
    with pytest.raises(InboxUnavailable):
        inbox.read("http://127.0.0.1:9")
    with pytest.raises(InboxUnavailable):
        inbox.read("file:///etc/passwd")


@pytest.fixture
def messages(emulator: Callable[..., None]) -> Callable[[], list[InboxMessage]]:
    emulator({"0": [EMAIL | {"Subject": "<b>x</b>"}]}, {"+34600000001": [SMS]})
    return lambda: inbox.read("http://emulator")


def test_the_list_links_every_message(messages: Callable[[], list[InboxMessage]]) -> None:
    status, content_type, policy, page = answer("/", messages)
    assert (status, content_type) == (HTTPStatus.OK, "text/html")
    assert '<html lang="en">' in page
    assert 'href="/messages/id%40email.amazonses.com"' in page
    assert 'href="/messages/sms-1"' in page
    assert "<b>x</b>" not in page
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_an_email_is_shown_in_a_frame_that_can_do_nothing(messages: Callable[[], list[InboxMessage]]) -> None:
    _status, _type, policy, page = answer("/messages/id%40email.amazonses.com", messages)
    assert "<script" not in page
    assert f'srcdoc="{html.escape(str(EMAIL["BodyHtml"]))}"' in page
    assert 'sandbox=""' in page
    assert "script-src" not in policy
    assert "Ref 7d0c1a52" in page


def test_a_text_is_shown_with_its_size(messages: Callable[[], list[InboxMessage]]) -> None:
    page = answer("/messages/sms-1", messages)[3]
    assert "1 part, GSM-7, 17 units" in page
    assert "<p>Hola Ref 7d0c1a52</p>" in page


def test_the_same_as_json(messages: Callable[[], list[InboxMessage]]) -> None:
    _status, content_type, _policy, body = answer("/messages.json", messages)
    assert content_type == "application/json"
    assert [item["ref"] for item in json.loads(body)["items"]] == ["7d0c1a52", "7d0c1a52"]


@pytest.mark.parametrize("path", ["/nope", "/messages/", "/messages/unknown", "/../etc/passwd"])
def test_everything_else_is_not_found(messages: Callable[[], list[InboxMessage]], path: str) -> None:
    assert answer(path, messages)[0] is HTTPStatus.NOT_FOUND
