"""Photo rows and verdict rows: claims under outage, words there and back, and one queue."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from meterflow.adapters import validation_results as store
from meterflow.adapters.validation_results import LEASE
from meterflow.errors import TransientError
from meterflow.register import Word

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
WORD = Word("0637ö6", 0.9876, ((0.1, 0.2), (0.3, 0.2), (0.3, 0.4), (0.1, 0.4)))


@pytest.mark.usefixtures("aws")
def test_words_come_back_as_they_went() -> None:
    store.claim_photo("photo#a@1", "one", NOW)
    store.keep_words("photo#a@1", "one", [WORD], 1.33333, [])
    row = store.photo("photo#a@1")
    assert row is not None
    assert row.aspect == 1.3333
    assert row.words == (Word("0637ö6", 0.988, WORD.corners),)
    assert store.photo("photo#b@1") is None


@pytest.mark.usefixtures("aws")
def test_the_lease_ends_on_the_second() -> None:
    store.claim_photo("photo#a@1", "one", NOW)
    assert store.claim_photo("photo#a@1", "two", NOW + LEASE) == "BUSY"
    assert store.claim_photo("photo#a@1", "two", NOW + LEASE + timedelta(seconds=1)) == "CLAIMED"
    assert store.claim_photo("photo#a@1", "one", NOW + LEASE + timedelta(seconds=2)) == "BUSY"


@pytest.mark.usefixtures("aws")
def test_photo_rows_are_in_no_queue() -> None:
    store.claim_photo("photo#a@1", "one", NOW)
    store.store_photo_result("photo#a@1", "one", "READ", None, [], NOW)
    row = store.results().get_item(Key={"result_id": "photo#a@1"})["Item"]
    assert "status" not in row
    assert "created_at" not in row


@pytest.mark.usefixtures("aws")
def test_an_outage_is_transient_and_a_bug_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def __init__(self, code: str) -> None:
            self.code = code

        def update_item(self, **_arguments: Any) -> None:
            raise ClientError({"Error": {"Code": self.code, "Message": ""}}, "UpdateItem")

    monkeypatch.setattr(store, "table", lambda _name: Broken("ProvisionedThroughputExceededException"))
    with pytest.raises(TransientError):
        store.claim_photo("photo#a@1", "one", NOW)
    monkeypatch.setattr(store, "table", lambda _name: Broken("ValidationException"))
    with pytest.raises(ClientError):
        store.claim_photo("photo#a@1", "one", NOW)
