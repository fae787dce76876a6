"""ComposeMessage: every topic in every language and case, complete, cheap as SMS, safe and accessible as HTML."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from importlib import metadata
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from meterflow.message import TOPICS, Message, Notification, Status
from meterflow.preferences import LANGUAGES, Preferences, Recipient
from meterflow.sms import count_segments
from meterflow.work_order import EscalationReason, JobStatus

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
EVENT = "7d0c1a52-3f0e-5b6a-9d51-1c2b7e4f8a90"
ADA = Recipient(
    name="Ada Lovelace", email="ada@example.com", phone="+1", preferences=Preferences(timezone="Europe/Madrid")
)
PARTS = ("subject.txt", "body.txt", "body.html", "sms.txt")


@pytest.fixture
def app(load_handler: Callable[[str, str], ModuleType]) -> ModuleType:
    return load_handler("maintenance_notification", "compose_message")


def row(topic: str, locale: str, data: dict[str, Any], event_id: str = EVENT) -> Notification:
    return Notification.model_validate(
        {
            "notification_id": "n",
            "event_id": event_id,
            "topic": topic,
            "recipient": "c",
            "channel": "email",
            "locale": locale,
            "status": Status.CLAIMED,
            "data": data,
            "holder": "h",
            "claimed_at": NOW,
            "created_at": NOW,
        }
    )


def reading(**changes: Any) -> dict[str, Any]:
    settled = {
        "submission_id": EVENT,
        "meter_id": "WTR-0001",
        "status": "ACCEPTED",
        "quality": "valid",
        "value": "01234.567",
        "unit": "m3",
        "kind": "water",
        "taken_at": "2026-11-20T08:00:00Z",
        "reasons": [],
        "risk_level": "LOW",
    }
    return settled | changes


CASES: list[tuple[str, dict[str, Any]]] = [
    *(("reading_settled", reading(status=status)) for status in ("ACCEPTED", "REJECTED", "NEEDS_REVIEW")),
    *(("reading_settled", reading(status=status, submission_id="s")) for status in ("ACCEPTED", "REJECTED")),
    ("reading_settled", reading(status="REJECTED", reasons=["decreasing"], taken_at="", unit="", kind="", value="x")),
    ("reading_settled", reading(status="REJECTED", reasons=["above_maximum_rate", "photo_mismatch", "blurred"])),
    ("reading_settled", reading(reasons=["unusual_consumption"])),
    *(("job_changed", {"job_id": "J-1", "meter_id": "WTR-0001", "status": status}) for status in [*JobStatus, "NEW"]),
    ("job_offered", {"job_id": "J-1", "meter_id": "WTR-0001", "risk_level": "", "reason": "", "expires_at": ""}),
    (
        "job_offered",
        {
            "job_id": "J-1",
            "meter_id": "WTR-0001",
            "risk_level": "HIGH",
            "reason": "It counts at night.",
            "expires_at": "2026-11-20T08:15:00Z",
        },
    ),
    *(
        ("review_escalated", {"submission_id": EVENT, "meter_id": "WTR-0001", "reason": reason})
        for reason in ("OVERDUE", "DISAGREED")
    ),
    *(
        ("job_escalated", {"job_id": "J-1", "meter_id": "WTR-0001", "reason": reason})
        for reason in [*EscalationReason, "NEW"]
    ),
]
EVERYTHING = [(topic, data, locale) for (topic, data), locale in product(CASES, LANGUAGES)]


class Outline(HTMLParser):
    """The elements of a page with their attributes, and the text between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_every_topic_has_every_part_in_every_language(app: ModuleType) -> None:
    folder: Path = app.MESSAGES
    expected = {f"{topic}/{locale}/{part}" for topic, locale, part in product(TOPICS, LANGUAGES, PARTS)}
    found = {str(path.relative_to(folder)) for path in folder.glob("*/*/*")}
    assert found == expected
    assert {topic for topic, _data in CASES} == set(TOPICS)


def test_the_languages_share_one_set_of_words(app: ModuleType) -> None:
    def keys(words: Any) -> Any:
        return {key: keys(value) for key, value in words.items()} if isinstance(words, dict) else None

    first, *others = [app.load_words(locale) for locale in LANGUAGES]
    assert all(keys(first) == keys(other) for other in others)


def test_every_status_and_escalation_of_a_job_has_words(app: ModuleType) -> None:
    words = app.load_words("en")
    assert set(words["jobs"]) == {status.value for status in JobStatus} | {"unknown"}
    assert set(words["escalations"]) == {reason.value for reason in EscalationReason} | {"unknown"}


@pytest.mark.parametrize(("topic", "data", "locale"), EVERYTHING)
def test_every_message_is_whole(app: ModuleType, topic: str, data: dict[str, Any], locale: str) -> None:
    message: Message = app.render(row(topic, locale, data), ADA)
    for part in (message.subject, message.text, message.html, message.sms):
        assert "{{" not in part
        assert "None" not in part
        assert "WTR-0001" in part
    assert message.text.endswith("\n\nRef 7d0c1a52")
    assert " ." not in message.text
    assert "  " not in message.text
    assert "\n\n\n" not in message.text
    assert "Ada Lovelace," in message.text
    assert "ada@example.com" not in message.model_dump_json()


@pytest.mark.parametrize(("topic", "data", "locale"), EVERYTHING)
def test_every_sms_is_cheap_and_can_be_stopped(app: ModuleType, topic: str, data: dict[str, Any], locale: str) -> None:
    message: Message = app.render(row(topic, locale, data), ADA)
    size = count_segments(message.sms)
    assert size.encoding == "GSM-7", [letter for letter in message.sms if count_segments(letter).encoding != "GSM-7"]
    assert size.parts <= 2
    assert "STOP" in message.sms
    assert message.sms.endswith(" Ref 7d0c1a52")
    assert "Ada" not in message.sms


@pytest.mark.parametrize(("topic", "data", "locale"), EVERYTHING)
def test_every_page_can_be_heard_and_needs_nothing_from_outside(
    app: ModuleType, topic: str, data: dict[str, Any], locale: str
) -> None:
    message: Message = app.render(row(topic, locale, data), ADA)
    outline = Outline(message.html)
    names = [name for name, _attributes in outline.elements]
    assert outline.elements[0] == ("html", {"lang": locale})
    assert names.count("h1") == names.count("title") == names.count("main") == names.count("caption") == 1
    assert not {"img", "script", "link", "iframe", "form"} & set(names)
    assert all("src" not in attributes and "href" not in attributes for _name, attributes in outline.elements)
    assert all(attributes.get("scope") == "row" for name, attributes in outline.elements if name == "th")
    assert [word for word in outline.words if word.strip()][-1].strip() == "Ref 7d0c1a52"
    # What is told in prose is told in both forms.
    spoken = " ".join(" ".join(outline.words).split())
    for paragraph in message.text.split("\n\n")[1:-2]:
        assert paragraph in spoken


@pytest.mark.parametrize("locale", LANGUAGES)
def test_colours_can_be_told_apart(app: ModuleType, locale: str) -> None:
    html = app.render(row("reading_settled", locale, reading()), ADA).html
    inks = set(re.findall(r"[;\"]color:(#[0-9a-f]{6})", html))
    papers = set(re.findall(r"background-color:(#[0-9a-f]{6})", html))
    assert inks
    assert papers
    for ink, paper in product(inks, papers):
        assert contrast(ink, paper) >= 7, (ink, paper)


def contrast(first: str, second: str) -> float:
    """The contrast ratio of WCAG 2.2."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_what_was_decided_and_why_is_said_in_words(app: ModuleType) -> None:
    refused = app.render(row("reading_settled", "en", reading(status="REJECTED", reasons=["decreasing"])), ADA)
    assert refused.subject == "Your reading of WTR-0001 was not accepted"
    assert "1,234.567 m³" in refused.text
    assert "20 November 2026 at 09:00 CET" in refused.text
    assert "It is lower than the reading before" in refused.text
    assert "What you can do" in refused.text
    spanish = app.render(row("reading_settled", "es", reading(status="REJECTED", reasons=["decreasing"])), ADA)
    assert "1234,567 m³" in spanish.text
    assert "20 de noviembre de 2026 a las 09:00 CET" in spanish.text
    assert "Es más baja que la lectura anterior" in spanish.text


def test_a_decision_after_a_review_names_the_review_unless_it_ran_out(app: ModuleType) -> None:
    decided = app.render(row("reading_settled", "en", reading(status="REJECTED", submission_id="s")), ADA)
    assert "A colleague has checked" in decided.text
    late = reading(status="REJECTED", submission_id="s", reasons=["photo_mismatch", "review_expired"])
    expired = app.render(row("reading_settled", "en", late), ADA)
    assert "A colleague has checked" not in expired.text
    assert "could not check it in time" in expired.text


def test_operators_read_why_a_job_was_escalated_and_what_to_do(app: ModuleType) -> None:
    nobody = {"job_id": "J-1", "meter_id": "WTR-0001", "reason": "NOBODY"}
    message = app.render(row("job_escalated", "en", nobody), Recipient())
    assert message.subject == "Job at meter WTR-0001: nobody takes it"
    assert "there is nobody left to ask" in message.text
    assert "Please find somebody by hand" in message.text
    assert "J-1" in message.html
    late = app.render(row("job_escalated", "en", nobody | {"reason": "LATE"}), Recipient())
    assert "has not reported it done in time" in late.text
    new = app.render(row("job_escalated", "en", nobody | {"reason": "BRAND_NEW"}), Recipient())
    assert "BRAND_NEW" not in new.model_dump_json()


def test_an_unknown_reason_is_a_general_sentence(app: ModuleType) -> None:
    message = app.render(row("reading_settled", "en", reading(status="REJECTED", reasons=["brand_new"])), ADA)
    assert "Our checks found something that does not fit." in message.text
    assert "brand_new" not in message.text


def test_names_and_values_cannot_break_out(app: ModuleType) -> None:
    villain = ADA.model_copy(update={"name": "<script>alert(1)</script>\r\nBcc: x {{ 7*7 }}"})
    data = reading(meter_id='"><img src=x onerror=1>', value="</p><b>1")
    message: Message = app.render(row("reading_settled", "en", data), villain)
    names = [name for name, _attributes in Outline(message.html).elements]
    assert not {"script", "img", "b"} & set(names)
    assert "{{ 7*7 }}" in message.text
    assert "\n" not in message.subject
    assert "\r" not in message.model_dump_json()


def test_without_a_name_the_greeting_is_still_one(app: ModuleType) -> None:
    message = app.render(row("reading_settled", "en", reading()), Recipient())
    assert message.text.startswith("Hello,\n")


def test_the_sample_event_is_composed(machine: Any, lambda_context: Any, event: Any, rows: Any) -> None:
    machine.steps["claim_message"].handler(event("maintenance_notification/claim_message"), lambda_context)
    sample = event("maintenance_notification/compose_message")
    result = machine.steps["compose_message"].handler(sample, lambda_context)
    assert result["outcome"] == "COMPOSED"
    assert set(result) == {"notification_id", "event_id", "topic", "outcome"}
    (found,) = rows()
    assert found.status is Status.COMPOSED
    assert found.message is not None
    assert found.message.subject == "Your reading of WTR-0001 is accepted"


def test_the_templates_are_rendered_here_by_the_version_that_is_deployed() -> None:
    folder = Path(__file__).parents[4] / "functions/maintenance_notification/compose_message"
    assert f"jinja2=={metadata.version('jinja2')}" in (folder / "requirements.txt").read_text().splitlines()
