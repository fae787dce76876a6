"""`meterflow inbox`: every message once, whatever order they come in."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from cli import inbox as command
from local import inbox
from local.inbox import InboxMessage

Run = Callable[..., Any]


def email(number: int, to: str = "ana@example.com") -> InboxMessage:
    """An e-mail."""
    sent_at = f"2026-01-0{number}T00:00:00.000Z"
    return InboxMessage(
        f"mail-{number}", "email", to, f"Subject {number}", "Hello\nRef 12345678", "", "12345678", sent_at
    )


def text(number: int) -> InboxMessage:
    """A text message, which has no time."""
    return InboxMessage(f"sms-{number}", "sms", "+34600000001", "", "Hola Ref 12345678", "", "12345678", None)


@pytest.fixture
def arrive(stopped_cloud: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`arrive([…], […])` sets what the emulator holds at each look; after the last one comes Ctrl-C."""
    monkeypatch.setattr(command.time, "sleep", lambda _seconds: None)

    def set_looks(*looks: list[InboxMessage]) -> None:
        left = list(looks)

        def read(url: str) -> list[InboxMessage]:
            assert url == stopped_cloud["aws_endpoint_url"]
            if not left:
                raise KeyboardInterrupt
            return left.pop(0)

        monkeypatch.setattr(inbox, "read", read)

    return set_looks


def test_a_message_for_a_person(meterflow: Run, arrive: Callable[..., None]) -> None:
    arrive([email(1), text(1)])
    done = meterflow("inbox")
    assert done.status == 0
    assert "2026-01-01T00:00:00.000Z  email  ana@example.com  Subject 1\nHello\nRef 12345678\n" in done.out
    assert "sms  +34600000001\nHola Ref 12345678\n" in done.out
    assert "None" not in done.out


def test_json_is_an_object_a_line_and_nothing_else(meterflow: Run, arrive: Callable[..., None]) -> None:
    arrive([email(1), email(2), text(1)])
    done = meterflow("inbox", "--json")
    assert done.err == ""
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert [line["message_id"] for line in lines] == ["mail-1", "mail-2", "sms-1"]
    assert set(lines[0]) == {"message_id", "channel", "to", "subject", "text", "html", "ref", "sent_at"}


def test_an_empty_inbox(meterflow: Run, arrive: Callable[..., None]) -> None:
    arrive([], [])
    assert meterflow("inbox").out == "no messages yet\n"
    done = meterflow("inbox", "--json")
    assert (done.status, done.out, done.err) == (0, "", "")


def test_following_prints_each_once_though_texts_stay_behind_emails(
    meterflow: Run, arrive: Callable[..., None]
) -> None:
    arrive([text(1)], [email(1), text(1)], [email(1), email(2), text(1), text(2)])
    done = meterflow("inbox", "--follow", "--json")
    assert done.status == 0
    seen = [json.loads(line)["message_id"] for line in done.out.splitlines()]
    assert seen == ["sms-1", "mail-1", "mail-2", "sms-2"]


def test_one_message_to_two_people_is_two(meterflow: Run, arrive: Callable[..., None]) -> None:
    arrive([email(1), email(1, "leo@example.com")])
    assert len(meterflow("inbox", "--json").out.splitlines()) == 2
