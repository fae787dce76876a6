"""Every reason code that a settled reading can carry is a sentence in every language, and no sentence is for nothing.

The codes are read from the source: every lower-case word among the strings of the modules that decide, and the reasons
that the machines add themselves. So a new code fails here until somebody has written what it means.
"""

import ast
import re
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from types import ModuleType

import pytest

from meterflow.message import Notification
from meterflow.photo import PHOTO_HINTS
from meterflow.preferences import LANGUAGES, Preferences, Recipient
from meterflow.reading import PhotoResult, Source
from meterflow.settlement import SCORING_UNAVAILABLE, settle
from meterflow.sms import count_segments
from meterflow.spending import BUDGET_SPENT
from meterflow.vee import Decision, Outcome

ROOT = Path(__file__).parents[4]
DECIDING = (
    "layers/meterflow/meterflow/vee/formal.py",
    "layers/meterflow/meterflow/vee/registers.py",
    "layers/meterflow/meterflow/vee/usage.py",
    "layers/meterflow/meterflow/vee/explanation.py",
    "layers/meterflow/meterflow/settlement.py",
    "layers/meterflow/meterflow/photo.py",
    "layers/meterflow/meterflow/register.py",
    "layers/meterflow/meterflow/comparison.py",
    "layers/meterflow/meterflow/photo_reading.py",
    "layers/meterflow/meterflow/photo_reuse.py",
    "layers/meterflow/meterflow/spending.py",
    "layers/meterflow/meterflow/adapters/rekognition.py",
    "functions/image_validation/apply_correction/app.py",
    "functions/image_validation/close_review/app.py",
)
# The machines whose reasons a settled reading carries.
SETTLING = ("meter_submission", "image_validation")
CODE = re.compile(r"[a-z]+(?:_[a-z]+)*")
REASONS_IN_MACHINE = re.compile(r"""['"]reasons['"]: \[([^]]*)\]""")

# Names of explanations, which are evidence and no reasons.
EXPLANATIONS = {"as_read", "true_high", "misread", "rollover", "previous_wrong"}
# Words of those modules that are no codes: the review's purpose, names of AWS and of readers, settings of models.
NO_CODES = {
    "review",
    "rekognition",
    "standard",
    *EXPLANATIONS,
    "exchange",
    "open",
    "both",
    "ignore",
    "edited_by",
    "edited_at",
}
# Codes that tell a customer nothing. Beside others they are left out; alone they come with an accepted reading only.
FOR_ENGINEERS = {"last_digit_turning", SCORING_UNAVAILABLE, BUDGET_SPENT}


def words_of(source: str) -> Iterator[str]:
    """The lower-case words among the strings of a module, without its docstrings and the keys of its dicts."""
    tree = ast.parse(source)
    left_out = {id(key) for node in ast.walk(tree) if isinstance(node, ast.Dict) for key in node.keys}
    left_out |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    strings = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    for node in strings:
        if id(node) not in left_out and CODE.fullmatch(str(node.value)):
            yield str(node.value)


def words_of_deciding() -> set[str]:
    """All such words of the modules that decide."""
    return {word for path in DECIDING for word in words_of((ROOT / path).read_text(encoding="utf-8"))}


def codes() -> set[str]:
    """Every reason code, wherever it is made."""
    machines = [(ROOT / f"statemachines/{name}.asl.json").read_text(encoding="utf-8") for name in SETTLING]
    added = {code for text in machines for inside in REASONS_IN_MACHINE.findall(text) for code in CODE.findall(inside)}
    assert added, "the machines add a reason where a photo could not be checked"
    return (words_of_deciding() | added) - NO_CODES


@pytest.fixture
def app(load_handler: Callable[[str, str], ModuleType]) -> ModuleType:
    return load_handler("maintenance_notification", "compose_message")


def refused(code: str, locale: str) -> Notification:
    """The promise to tell of a reading that was refused for `code`."""
    data = {"submission_id": "s-1", "meter_id": "WTR-0001", "status": "REJECTED", "value": "01234.567", "unit": "m3"}
    return Notification.model_validate(
        {
            "notification_id": "n-1",
            "event_id": "s-1-event",
            "topic": "reading_settled",
            "recipient": "c-1",
            "channel": "email",
            "locale": locale,
            "status": "CLAIMED",
            "data": data | {"kind": "water", "taken_at": "2026-11-20T08:00:00Z", "reasons": [code]},
            "holder": "h",
            "claimed_at": "2026-11-21T08:00:00Z",
            "created_at": "2026-11-21T08:00:00Z",
        }
    )


def test_the_exceptions_are_still_there() -> None:
    assert words_of_deciding() >= NO_CODES
    assert codes() >= FOR_ENGINEERS


@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_code_has_a_sentence_and_every_sentence_a_code(app: ModuleType, locale: str) -> None:
    words = app.load_words(locale)
    assert set(words["reasons"]) | set(words["notes"]) == (codes() - FOR_ENGINEERS) | {"unknown"}
    assert not set(words["reasons"]) & set(words["notes"])


@pytest.mark.parametrize(("code", "locale"), list(product(sorted(codes() - FOR_ENGINEERS), LANGUAGES)))
def test_a_code_is_told_in_its_own_words(app: ModuleType, code: str, locale: str) -> None:
    words = app.load_words(locale)
    sentence = words["reasons"].get(code) or words["notes"][code]
    message = app.render(refused(code, locale), Recipient(name="Ada", preferences=Preferences()))
    assert sentence in message.text
    size = count_segments(message.sms)
    assert (size.encoding, size.parts <= 2) == ("GSM-7", True)


def test_what_is_for_engineers_is_never_the_only_reason_of_a_reading_that_was_not_accepted() -> None:
    verdicts = ("MATCH", "MISMATCH", "UNREADABLE")
    photos = [PhotoResult.model_validate({"verdict": one, "reasons": ["last_digit_turning"]}) for one in verdicts]
    decisions = [Decision(Outcome.ACCEPT, ()), Decision(Outcome.REVIEW, ("decreasing",))]
    seen = set()
    for source, decision, photo, scored in product(Source, decisions, [None, *photos], (True, False)):
        settled = settle(source, decision, photo=photo, scored=scored)
        seen |= set(settled.reasons)
        assert settled.status == "ACCEPTED" or set(settled.reasons) - FOR_ENGINEERS
    assert SCORING_UNAVAILABLE in seen


@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_fault_of_a_photo_has_a_hint_in_every_language(app: ModuleType, locale: str) -> None:
    hints = app.load_words(locale)["hints"]
    assert set(hints) == set(PHOTO_HINTS)
    assert set(hints) <= set(app.load_words(locale)["reasons"])


@pytest.mark.parametrize(("code", "locale"), list(product(sorted(PHOTO_HINTS), LANGUAGES)))
def test_a_fault_comes_with_its_hint_unless_all_is_well(app: ModuleType, code: str, locale: str) -> None:
    hint = app.load_words(locale)["hints"][code]
    promise = refused(code, locale)
    ada = Recipient(name="Ada", preferences=Preferences())
    for status, told in (("REJECTED", True), ("NEEDS_REVIEW", True), ("ACCEPTED", False)):
        message = app.render(promise.model_copy(update={"data": promise.data | {"status": status}}), ada)
        assert (hint in message.text) is told, status
        assert message.text.count(hint) == int(told)


def told(locale: str, **data: object) -> Notification:
    """The message about a reading settled as `data` says."""
    row = refused("one_more_photo", locale)
    return row.model_copy(update={"data": {**row.data, **data}, "event_id": "s-1"})


@pytest.mark.parametrize(("locale", "words"), [("en", "read the meter once more"), ("es", "lea el contador otra vez")])
def test_who_is_asked_for_one_more_photo_hears_what_to_do(app: ModuleType, locale: str, words: str) -> None:
    row = told(locale, status="NEEDS_REVIEW", reasons=["high_use", "one_more_photo"])
    message = app.render(row, Recipient(name="Ada", preferences=Preferences()))
    assert words in message.text
    assert {"en": "with a photo", "es": "con una foto"}[locale] in message.sms


@pytest.mark.parametrize(("locale", "words"), [("en", "we estimated"), ("es", "hemos estimado")])
def test_an_estimate_is_not_thanked_for(app: ModuleType, locale: str, words: str) -> None:
    row = told(locale, status="ACCEPTED", quality="estimated", reasons=[])
    message = app.render(row, Recipient(name="Ada", preferences=Preferences()))
    assert words in message.text
    assert words in message.sms
    assert not {"Thank you", "Gracias"} & set(message.text.split("."))
    assert count_segments(message.sms).parts <= 2


@pytest.mark.parametrize("reason", ["confirmed_by_next", "refuted_by_next", "false_high"])
def test_what_the_rules_settled_is_not_said_to_be_a_colleagues_work(app: ModuleType, reason: str) -> None:
    status = "ACCEPTED" if reason == "confirmed_by_next" else "REJECTED"
    row = told("en", status=status, reasons=[reason])
    message = app.render(row.model_copy(update={"event_id": "later"}), Recipient(name="Ada", preferences=Preferences()))
    assert "colleague" not in message.text
