"""`meterflow submit`: what is sent, what is said, and what is refused before anything is sent."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli import api, follow, submit

Run = Callable[..., Any]
ACCEPTED = {
    "submission_id": "5b1c2d3e-0000-5000-8000-000000000000",
    "status": "ACCEPTED",
    "quality": "valid",
    "reasons": [],
    "photo": {"verdict": "MATCH", "reading": "00412.850", "confidence": 0.97, "reasons": []},
}
JPEG = b"\xff\xd8\xff\xe0" + b"0" * 2000


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (ACCEPTED, "  ACCEPTED, quality valid; the photo says 00412.850 (MATCH)"),
        (
            {"status": "REJECTED", "quality": None, "reasons": ["decreasing", "too_fast"]},
            "  REJECTED because of decreasing, too_fast",
        ),
        (
            {"status": "NEEDS_REVIEW", "quality": "raw", "photo": {"verdict": "UNREADABLE", "reading": None}},
            "  NEEDS_REVIEW, quality raw; the photo says nothing readable (UNREADABLE)",
        ),
        ({"status": "ACCEPTED", "quality": "estimated", "photo": None}, "  ACCEPTED, quality estimated"),
    ],
)
def test_the_end_of_the_story(result: dict[str, Any], line: str) -> None:
    said: list[str] = []
    submit.say_result(result, said.append)
    assert said == [line]


class FakeApi:
    """The API that takes everything and settles at the third question."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, Any]] = []
        self.answers = [{"status": "PROCESSING"}, {"status": "PROCESSING"}, ACCEPTED]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        self.calls.append((method, path, body))
        if path == "/uploads":
            return {"url": "http://bucket", "fields": {}, "photo_key": "uploads/1.jpg"}
        if method == "POST":
            return {"submission_id": ACCEPTED["submission_id"], "status_url": "/readings/x"}
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def fake_api(stopped_cloud: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    """Logged in to the fake API; uploads are swallowed and the execution succeeds."""
    assert stopped_cloud
    session = FakeApi()
    monkeypatch.setattr(submit, "log_in", lambda _where, _role: session)
    monkeypatch.setattr(api, "upload", lambda form, content: session.calls.append(("UPLOAD", form["url"], content)))
    monkeypatch.setattr(follow, "follow", lambda _arn, _say: "SUCCEEDED")
    monkeypatch.setattr(submit.time, "sleep", lambda _seconds: None)
    return session


READING = ("submit", "--meter", "WTR-0001", "--value", "00412.850")


def test_a_reading_without_a_photo(meterflow: Run, fake_api: FakeApi) -> None:
    done = meterflow(*READING, "--taken-at", "2026-01-01T00:00:00Z", "--token", "t-1")
    assert done.status == 0
    body = {"meter_id": "WTR-0001", "value": "00412.850", "taken_at": "2026-01-01T00:00:00Z", "client_token": "t-1"}
    assert fake_api.calls[0] == ("POST", "/readings", body)
    assert done.out.splitlines()[-1] == "  ACCEPTED, quality valid; the photo says 00412.850 (MATCH)"


def test_a_photo_is_uploaded_as_what_it_is_whatever_its_name(meterflow: Run, fake_api: FakeApi, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(JPEG)
    assert meterflow(*READING, "--photo", str(tmp_path / "photo.png")).status == 0
    assert fake_api.calls[0] == ("POST", "/uploads", {"meter_id": "WTR-0001", "content_type": "image/jpeg"})
    assert fake_api.calls[1] == ("UPLOAD", "http://bucket", JPEG)
    assert fake_api.calls[2][2]["photo_key"] == "uploads/1.jpg"


def test_json_is_the_answer_and_nothing_else(meterflow: Run, fake_api: FakeApi) -> None:
    done = meterflow(*READING, "--json")
    assert json.loads(done.out) == ACCEPTED
    assert done.err == ""
    assert fake_api.calls[-1] == ("GET", f"/readings/{ACCEPTED['submission_id']}", None)


def test_a_rejected_reading_is_an_answer(meterflow: Run, fake_api: FakeApi) -> None:
    fake_api.answers = [{"status": "REJECTED", "reasons": ["decreasing"]}]
    assert meterflow(*READING).status == 0


@pytest.mark.parametrize("content", [b"", b"GIF89a" + b"0" * 100, b"not a photo at all"])
def test_what_is_no_photo_is_not_sent(meterflow: Run, fake_api: FakeApi, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "photo.jpg").write_bytes(content)
    done = meterflow(*READING, "--photo", str(tmp_path / "photo.jpg"))
    assert done.status == 1
    assert done.err == f"meterflow: {tmp_path / 'photo.jpg'}: a photo is a JPEG or PNG file\n"
    assert fake_api.calls == []


@pytest.mark.parametrize(("name", "why"), [("missing.jpg", "No such file or directory"), (".", "Is a directory")])
def test_a_photo_that_can_not_be_opened(meterflow: Run, fake_api: FakeApi, tmp_path: Path, name: str, why: str) -> None:
    done = meterflow(*READING, "--photo", str(tmp_path / name))
    assert (done.status, done.err) == (1, f"meterflow: {tmp_path / name}: {why}\n")
    assert fake_api.calls == []


@pytest.mark.usefixtures("fake_api")
def test_an_execution_that_fails_is_said_at_once(meterflow: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "follow", lambda _arn, _say: "FAILED")
    done = meterflow(*READING, "--json")
    assert (done.status, done.out) == (1, "")
    assert done.err == f"meterflow: the execution of submission {ACCEPTED['submission_id']} ended FAILED\n"


def test_a_submission_that_never_settles(meterflow: Run, fake_api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_api.answers = [{"status": "PROCESSING"}]
    monkeypatch.setattr(submit, "SETTLE_SECONDS", 0.05)
    done = meterflow(*READING)
    assert done.status == 1
    assert "is still being processed" in done.err


@pytest.mark.usefixtures("fake_api")
def test_a_refusal_is_one_line(meterflow: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: Any) -> Any:
        raise api.Refused("Unprocessable. value: has too many decimals", 400)

    monkeypatch.setattr(FakeApi, "call", refuse)
    done = meterflow(*READING)
    assert (done.status, done.err) == (1, "meterflow: Unprocessable. value: has too many decimals\n")
