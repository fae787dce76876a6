"""A claim has one holder, and taking one's own claim again succeeds."""

from datetime import UTC, datetime

import pytest

from meterflow.adapters import claims

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.usefixtures("aws")
def test_the_first_holder_keeps_the_claim() -> None:
    assert claims.take("effect#1", "a", NOW) == "a"
    assert claims.take("effect#1", "b", NOW) == "a"
    assert claims.take("effect#1", "a", NOW) == "a"
    assert claims.take("effect#2", "b", NOW) == "b"
