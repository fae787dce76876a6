"""StorePhotoResult: the holder settles its claim, nobody else does."""

from collections.abc import Callable
from typing import Any

import pytest

from meterflow import clock
from meterflow.adapters import validation_results

PHOTO_ID = "photo#uploads/u/a.jpg@v1"


@pytest.fixture
def store(load_handler: Callable[[str, str], Any], lambda_context: Any, aws: None) -> Callable[..., dict[str, Any]]:  # noqa: ARG001
    app = load_handler("image_validation", "store_photo_result")
    validation_results.claim_photo(PHOTO_ID, "one", clock.now())

    def call(holder: str = "one", state: str = "READ", reasons: tuple[str, ...] = ()) -> dict[str, Any]:
        event = {"photo_id": PHOTO_ID, "holder": holder, "photo_state": state, "kept_key": "photos/a.jpg"}
        answer: dict[str, Any] = app.handler({**event, "reasons": list(reasons)}, lambda_context)
        return answer

    return call


def test_the_holder_stores_and_may_store_again(store: Callable[..., Any]) -> None:
    # The process died after the write: the retried step finds its own work.
    assert store(reasons=("dark",)) == {"outcome": "STORED"}
    assert store(reasons=("dark",)) == {"outcome": "STORED"}
    row = validation_results.photo(PHOTO_ID)
    assert row is not None
    assert (row.state, row.kept_key, row.reasons) == ("READ", "photos/a.jpg", ("dark",))
    assert validation_results.claim_photo(PHOTO_ID, "two", clock.now()) == "DONE"


def test_another_execution_stores_nothing(store: Callable[..., Any]) -> None:
    assert store("two", "UNREADABLE") == {"outcome": "TAKEN_OVER"}
    row = validation_results.photo(PHOTO_ID)
    assert row is not None
    assert row.state == "READING"


def test_nothing_is_stored_for_a_photo_that_nobody_claimed(
    load_handler: Callable[[str, str], Any],
    lambda_context: Any,
    aws: None,  # noqa: ARG001
) -> None:
    app = load_handler("image_validation", "store_photo_result")
    event = {"photo_id": "photo#x@y", "holder": "one", "photo_state": "READ"}
    assert app.handler(event, lambda_context) == {"outcome": "TAKEN_OVER"}
    assert validation_results.photo("photo#x@y") is None
