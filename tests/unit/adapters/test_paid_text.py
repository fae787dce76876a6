"""The only way to a paid call, killed at every step: the budget holds, and equal bytes are paid for once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from meterflow.adapters import image_budget, paid_text, photo_texts, rekognition
from meterflow.adapters.photo_texts import Text
from meterflow.errors import NotBilled, TransientError
from meterflow.register import Word

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
LATER = NOW + photo_texts.LEASE + timedelta(seconds=1)
WORD = Word("06376341", 0.98, ((0.4, 0.4), (0.9, 0.4), (0.9, 0.5), (0.4, 0.5)))
pytestmark = pytest.mark.usefixtures("atomic_items")


class Killed(BaseException):
    """The process dies: nothing catches it."""


@pytest.fixture
def paid(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The copies that the service was paid for."""
    calls: list[str] = []

    def detect_text(kept_key: str, _aspect: float) -> tuple[list[Word], str | None]:
        calls.append(kept_key)
        return [WORD], None

    monkeypatch.setattr(rekognition, "detect_text", detect_text)
    return calls


def read(holder: str = "one", content: str | None = "c0ffee", most: int = 10, now: datetime = NOW) -> paid_text.Answer:
    return paid_text.read("photos/a.jpg", 1.5, content, holder, most, now)


def counted() -> int:
    """How many images of the month are counted."""
    following = image_budget.claim_image(1_000, NOW)
    assert following is not None
    image_budget.give_back(NOW)
    return following - 1


def test_the_second_read_is_free(paid: list[str]) -> None:
    first, second = read("one"), read("two")
    assert first.text == second.text == Text((WORD,))
    assert (first.images, second.images, len(paid), counted()) == (1, None, 1, 1)


def test_without_a_hash_each_read_is_paid(paid: list[str]) -> None:
    read(content=None)
    read(content=None)
    assert (len(paid), counted()) == (2, 2)


def test_when_the_budget_is_spent_nobody_calls_and_nobody_holds_the_claim(paid: list[str]) -> None:
    assert read(most=0).spent
    assert paid == []
    assert read("two", most=1).text == Text((WORD,))


def test_many_at_once_pay_once(paid: list[str]) -> None:
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda number: read(f"holder-{number}"), range(24)))
    assert len(paid) == 1
    assert all(answer.busy or answer.text for answer in answers)
    assert counted() == 1


def test_many_photos_at_once_never_exceed_the_budget(paid: list[str]) -> None:
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda number: read("h", f"photo-{number}", most=7), range(30)))
    assert len(paid) == 7
    assert sum(answer.spent for answer in answers) == 23


def test_the_lease_of_the_dead_is_taken_over(paid: list[str]) -> None:
    photo_texts.claim("c0ffee", "dead", NOW)
    assert read("two").busy
    assert paid == []
    assert read("two", now=LATER).text == Text((WORD,))


Kill = Callable[[pytest.MonkeyPatch], None]


def die(*_arguments: Any, **_named: Any) -> Iterator[None]:
    raise Killed


KILLS: list[tuple[str, Kill, int, int]] = [
    # (when, how, paid calls after running again, images counted after running again)
    ("after the claim, before the budget", lambda m: m.setattr(image_budget, "claim_image", die), 1, 1),
    ("after the budget, before the call", lambda m: m.setattr(rekognition, "detect_text", die), 1, 2),
    ("after the call, before it is kept", lambda m: m.setattr(photo_texts, "keep", die), 2, 2),
]


@pytest.mark.parametrize(("when", "kill", "calls", "images"), KILLS, ids=[kill[0] for kill in KILLS])
@pytest.mark.parametrize("again", ["one", "another"])
def test_killed_and_run_again(
    paid: list[str], monkeypatch: pytest.MonkeyPatch, when: str, kill: Kill, calls: int, images: int, again: str
) -> None:
    """The budget never counts fewer images than were paid, and the words come in the end, also to another execution."""
    assert when
    with monkeypatch.context() as patch:
        kill(patch)
        with pytest.raises(Killed):
            read("one")
    assert read(again, now=NOW if again == "one" else LATER).text == Text((WORD,))
    assert read("third", now=LATER).text == Text((WORD,))
    assert len(paid) == calls
    assert counted() == images >= len(paid)


def test_a_call_that_the_service_turned_away_is_given_back_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def throttled(*_arguments: Any) -> Any:
        raise NotBilled("ThrottlingException")

    monkeypatch.setattr(rekognition, "detect_text", throttled)
    with pytest.raises(TransientError):
        read()
    assert counted() == 0


def test_a_call_that_was_not_answered_may_have_been_billed(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_arguments: Any) -> Any:
        raise TransientError("ReadTimeoutError")

    monkeypatch.setattr(rekognition, "detect_text", silent)
    with pytest.raises(TransientError):
        read()
    assert counted() == 1


def test_who_lost_the_lease_still_keeps_what_it_paid(paid: list[str]) -> None:
    photo_texts.claim("c0ffee", "slow", NOW)
    photo_texts.claim("c0ffee", "next", LATER)
    photo_texts.keep("c0ffee", Text((WORD,)))
    assert read("third", now=LATER).text == Text((WORD,))
    assert paid == []
    photo_texts.release("c0ffee", "next")
    assert read("third", now=LATER).text == Text((WORD,))
