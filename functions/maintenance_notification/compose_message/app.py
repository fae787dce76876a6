"""ComposeMessage: write the text of a claimed promise in the recipient's language, in every form, into the ledger."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from meterflow import sms, wording
from meterflow.adapters import customers, ledger
from meterflow.clock import from_text
from meterflow.contracts.maintenance_notification import ComposeMessageInput, ComposeMessageResult
from meterflow.message import Message, Notification, reference
from meterflow.observability import step
from meterflow.preferences import Recipient

MESSAGES = Path(__file__).parent / "messages"
BY_RULES = frozenset({"review_expired", "confirmed_by_next", "refuted_by_next", "false_high"})


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Render the templates of the topic. A promise that is composed already keeps its first text."""
    request = ComposeMessageInput.model_validate(event)
    row = ledger.read(request.notification_id)
    ledger.compose(row.notification_id, render(row, customers.find(row.recipient)))
    return ComposeMessageResult(notification_id=row.notification_id, event_id=row.event_id, topic=row.topic).payload()


def render(row: Notification, recipient: Recipient) -> Message:
    """The message in all its forms. Nothing personal but the name goes in; HTML is escaped."""
    words, ref = load_words(row.locale), reference(row.event_id)
    folder, facts = f"{row.topic}/{row.locale}", template_facts(row, recipient, words)

    def fill(template: str, **more: Any) -> str:
        return templates().get_template(template).render(**facts, **more, words=words, locale=row.locale).strip()

    subject = one_line(fill(f"{folder}/subject.txt"))
    paragraphs = [one_line(part) for part in fill(f"{folder}/body.txt").split("\n\n") if part.strip()]
    frame = {"subject": subject, "paragraphs": paragraphs, "ref": ref}
    return Message(
        event_id=row.event_id,
        subject=subject,
        text=fill("layout.txt", **frame),
        html=fill(f"{folder}/body.html", **frame),
        sms=sms.plain(f"{one_line(fill(f'{folder}/sms.txt'))} {words['sms_stop']} {ref}"),
    )


def template_facts(row: Notification, recipient: Recipient, words: dict[str, Any]) -> dict[str, Any]:
    """What the templates may show: the event's own fields, and the same made readable."""
    data, zone = row.data, recipient.preferences.timezone
    value = wording.number(data.get("value", ""), row.locale)
    return data | {
        "name": one_line(recipient.name),
        "reading": f"{value} {wording.unit(data.get('unit', ''))}".strip(),
        "meter": words["kinds"].get(data.get("kind", ""), words["kinds"]["unknown"]),
        "taken": readable_time(data.get("taken_at", ""), zone, row.locale),
        "expires": readable_time(data.get("expires_at", ""), zone, row.locale),
        # The first settlement of a submission carries its id as the event's; a later one is a person's decision,
        # unless the review ran out or the meter's next reading settled it.
        "reasons": data.get("reasons", []),
        "reviewed": row.event_id != data.get("submission_id") and not BY_RULES & set(data.get("reasons", [])),
        "why": wording.explain(data.get("reasons", []), words["reasons"]),
        # What to do better with the next photo: for a reading that is not accepted, the rest is done.
        "hints": [words["hints"][code] for code in dict.fromkeys(data.get("reasons", [])) if code in words["hints"]],
        "notes": [words["notes"][code] for code in data.get("reasons", []) if code in words["notes"]],
        "job": words["jobs"].get(data.get("status", ""), words["jobs"]["unknown"]),
        "escalation": words["escalations"].get(data.get("reason", ""), words["escalations"]["unknown"]),
        "risk": words["risks"].get(data.get("risk_level", ""), ""),
    }


def readable_time(text: str, zone: str, locale: str) -> str:
    """The time that `text` names, in words. Empty where there is none: such a reading is refused, and told."""
    try:
        return wording.moment(from_text(text), zone, locale)
    except ValueError:
        return ""


def one_line(text: str) -> str:
    """`text` without line breaks and runs of spaces."""
    return " ".join(text.split())


@cache
def templates() -> Environment:
    """The templates, read once in a process. A missing variable is an error, never a gap in a sentence."""
    return Environment(
        loader=FileSystemLoader(MESSAGES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def load_words(locale: str) -> dict[str, Any]:
    """The words that templates share in one language."""
    words: dict[str, Any] = json.loads((MESSAGES / "words" / f"{locale}.json").read_text(encoding="utf-8"))
    return words
