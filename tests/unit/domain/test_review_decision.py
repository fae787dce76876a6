"""One person, two where they must, an operator where two disagree."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterflow.meter import Location, Meter, MeterKind
from meterflow.review_decision import Agreement, Opinion, Outcome, Stage, decided, near, sure_reading, weigh
from meterflow.review_policy import policy

METER = Meter(
    meter_id="WTR-1",
    kind=MeterKind.WATER,
    unit="m3",
    digits=5,
    decimals=3,
    max_daily=Decimal("60"),
    location=Location(lat=52.5, lon=13.4),
    owner="c",
    registered_at="2026-01-01T00:00:00Z",
)


def opinion(value: str, who: str = "ann", stage: Stage = Stage.FIRST) -> Opinion:
    return Opinion(value=value, reason=f"{who} saw it", decided_by=who, decided_at="2026-11-21T08:00:00Z", stage=stage)


@pytest.mark.parametrize(
    ("one", "other", "decimals", "same"),
    [
        ("00123.456", "123.456", 3, True),
        ("00123.456", "00123", 3, True),  # the red wheels left out
        ("00123.456", "00123.457", 3, True),  # the last wheel turns
        ("00123.456", "00123.458", 3, False),
        ("00123.45", "00123.46", 3, False),  # not the last wheel
        ("00123", "00124", 0, False),  # a wheel before the point is what is billed
        ("00123", "00124.000", 3, False),
    ],
)
def test_near(one: str, other: str, decimals: int, same: bool) -> None:
    assert near(one, other, decimals) is near(other, one, decimals) is same


@pytest.mark.parametrize(
    ("value", "submitted", "reader", "outcome", "why"),
    [
        ("110", "110.000", None, Outcome.DECIDED, "confirmed"),
        ("150.000", "110.000", None, Outcome.DECIDED, "little money, no other voice"),
        ("150.000", "110.000", "150.001", Outcome.DECIDED, "as the reader"),
        ("110.000", "110.000", "150.000", Outcome.DECIDED, "as the customer, little money"),
        ("130.000", "110.000", "150.000", Outcome.SECOND_OPINION, "as neither"),
        ("110.000", "110.000", "2000.000", Outcome.SECOND_OPINION, "as the customer, against the reader: 3780 EUR"),
        ("1200.000", "110.000", None, Outcome.SECOND_OPINION, "alone: 2180 EUR"),
        ("1100.000", "110.000", None, Outcome.DECIDED, "alone: 1980 EUR"),
        ("9000.000", "110.000", "9000.000", Outcome.DECIDED, "with the reader: 17780 EUR"),
        ("11000.000", "110.000", "11000.000", Outcome.SECOND_OPINION, "with the reader: 21780 EUR"),
        ("110.000", "n/a", None, Outcome.DECIDED, "a device sent no number"),
        ("110.000", "n/a", "150.000", Outcome.SECOND_OPINION, "a device sent no number, the reader another"),
    ],
)
def test_the_first_person(value: str, submitted: str, reader: str | None, outcome: Outcome, why: str) -> None:
    assert weigh(Stage.FIRST, value, [], submitted, reader, METER, policy()) == outcome, why


def test_a_multiplier_makes_it_more_money() -> None:
    large = METER.model_copy(update={"multiplier": Decimal(40)})
    assert weigh(Stage.FIRST, "150.000", [], "110.000", None, large, policy()) == Outcome.SECOND_OPINION


@pytest.mark.parametrize(("value", "outcome"), [("130.001", Outcome.DECIDED), ("130.002", Outcome.DISAGREED)])
def test_the_second_person(value: str, outcome: Outcome) -> None:
    assert weigh(Stage.SECOND, value, [opinion("130.000")], "110.000", "150.000", METER, policy()) == outcome


values = st.decimals(0, 99_999, places=3).map(str)


@given(values, values, values)
def test_the_lead_always_decides(first: str, second: str, third: str) -> None:
    earlier = [opinion(first), opinion(second, "bob", Stage.SECOND)]
    assert weigh(Stage.LEAD, third, earlier, "1", "2", METER, policy()) == Outcome.DECIDED
    final = decided(Stage.LEAD, opinion(third, "dan", Stage.LEAD), earlier, 3)
    backed = near(third, first, 3) or near(third, second, 3)
    assert (final.value, final.agreement) == (third, Agreement.MAJORITY if backed else Agreement.LEAD)


@given(values, values)
def test_whatever_settles_was_said_by_somebody(first: str, second: str) -> None:
    earlier, mine = [opinion(first)], opinion(second, "bob", Stage.SECOND)
    if weigh(Stage.SECOND, second, earlier, "1", None, METER, policy()) == Outcome.DECIDED:
        final = decided(Stage.SECOND, mine, earlier, 3)
        assert final.value in (first, second)
        assert (final.value, final.decided_by) in ((first, "ann"), (second, "bob"))
        assert near(final.value, first, 3)
        assert near(final.value, second, 3)


def test_of_two_the_fuller_counts_and_then_the_lower() -> None:
    assert decided(Stage.SECOND, opinion("130", "bob"), [opinion("130.456")], 3).value == "130.456"
    assert decided(Stage.SECOND, opinion("130.456", "bob"), [opinion("130.457")], 3).value == "130.456"
    assert decided(Stage.SECOND, opinion("130.456", "bob"), [opinion("130.457")], 3).reason == "bob saw it"


def test_an_unsure_reader_has_no_voice() -> None:
    assert sure_reading("UNREADABLE", "1") is None
    assert sure_reading("MATCH", "1") == sure_reading("MISMATCH", "1") == "1"
    assert sure_reading("MISMATCH", "1", ["glare", "digits_differ"]) == "1"


@pytest.mark.parametrize("reason", ["wrong_meter", "photo_reused"])
def test_a_photo_of_something_else_has_no_voice(reason: str) -> None:
    assert sure_reading("MISMATCH", "1", ["glare", reason]) is None
