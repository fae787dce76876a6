"""Counts and flags: right sums, and nobody flagged on too little."""

import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterflow.meter import Location
from meterflow.review_counts import bucket, median_seconds, place
from meterflow.review_flags import OfOneCustomer, flags, wilson
from meterflow.review_policy import policy

Z = Decimal("1.96")
LIMITS = policy().flags


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    # Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3.
    [
        (81, 263, "0.2553", "0.3662"),
        (15, 148, "0.0624", "0.1605"),
        (0, 20, "0.0000", "0.1611"),
        (1, 29, "0.0061", "0.1718"),
    ],
)
def test_wilson_is_newcombes(count: int, of: int, low: str, high: str) -> None:
    found = wilson(count, of, Z)
    assert (found.low, found.high) == (Decimal(low), Decimal(high))


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_share_lies_in_its_interval(count: int, rest: int) -> None:
    found = wilson(count, count + rest, Decimal("2.576"))
    assert 0 <= found.low <= found.high <= 1
    if found.share is not None:
        assert found.low <= found.share <= found.high


def counts(**parts: int) -> dict[str, Decimal]:
    return {name: Decimal(part) for name, part in parts.items()}


@given(st.integers(0, 11), st.data())
def test_too_little_data_flags_nobody(corrections: int, data: st.DataObject) -> None:
    down = data.draw(st.integers(0, corrections))
    mine = counts(decisions=corrections, corrections=corrections, down=down, reader_known=corrections)
    mine |= counts(second_known=corrections)
    # The others are as different as can be: only the number of cases keeps this one from being flagged.
    everybody = {name: part + 1000 for name, part in mine.items()} | counts(down=down, reader_agreed=1000)
    few = [OfOneCustomer(what="customer", who="c", down=min(down, LIMITS.fewest_of_one_customer - 1))]
    assert flags(mine, everybody, few, LIMITS) == []


def test_a_mostly_downward_reviewer_among_balanced_ones() -> None:
    mine = counts(decisions=40, corrections=30, down=29)
    everybody = counts(decisions=400, corrections=300, down=150)
    assert [flag.code for flag in flags(mine, everybody, [], LIMITS)] == ["FAVOURS_DOWN"]
    # Where everybody corrects downward, it is the customers and not the reviewer.
    assert flags(mine, counts(decisions=400, corrections=300, down=285), [], LIMITS) == []


def test_the_only_reviewer_is_held_against_one_half() -> None:
    mine = counts(decisions=40, corrections=30, down=29)
    assert [flag.code for flag in flags(mine, mine, [], LIMITS)] == ["FAVOURS_DOWN"]
    assert flags(counts(decisions=40, corrections=30, down=18), {}, [], LIMITS) == []


def test_training_needs() -> None:
    mine = counts(decisions=60, reader_known=40, reader_agreed=20, second_known=20, second_agreed=10, lead_known=4)
    everybody = counts(decisions=600, reader_known=400, reader_agreed=370, second_known=99, second_agreed=90)
    found = flags(mine, everybody, [], LIMITS)
    assert [(flag.code, flag.about) for flag in found] == [
        ("LOW_AGREEMENT", "training"),
        ("AGAINST_READER", "training"),
    ]


def test_an_own_meter_is_a_fact() -> None:
    (flag,) = flags(counts(decisions=1, own=1), counts(decisions=1, own=1), [], LIMITS)
    assert flag.code == "OWN_METER"


def test_how_often_honest_reviewers_are_flagged_and_crooks_are_found() -> None:
    """A hundred reviewers with 60 corrections each, half of them downward; a crook turns one in two downward."""
    dice = random.Random(3)
    honest = [sum(dice.random() < 0.5 for _ in range(60)) for _ in range(100)]
    crooks = [sum(dice.random() < 0.9 for _ in range(60)) for _ in range(100)]
    everybody = counts(decisions=6000, corrections=6000, down=sum(honest))

    def flagged(down: int) -> bool:
        mine = counts(decisions=60, corrections=60, down=down)
        return bool(flags(mine, {name: everybody[name] + mine[name] for name in everybody}, [], LIMITS))

    assert sum(map(flagged, honest)) <= 2
    assert sum(map(flagged, crooks)) >= 98


@given(st.lists(st.floats(0.5, 1e6), min_size=1, max_size=200))
def test_the_median_is_within_a_bucket(times: list[float]) -> None:
    tally: dict[str, Decimal] = {}
    for one in times:
        name = f"t{bucket(one):02d}"
        tally[name] = tally.get(name, Decimal(0)) + 1
    found = median_seconds(tally)
    assert found is not None
    middle = sorted(times)[(len(times) - 1) // 2]
    assert middle / 2**0.51 <= float(found) + 0.5
    assert float(found) <= max(middle, 1.0) * 2**0.51 + 0.1


def test_no_times_no_median() -> None:
    assert median_seconds({}) is None


def test_flats_of_one_house_are_one_place() -> None:
    assert place(Location(lat=52.50001, lon=13.4)) == place(Location(lat=52.50002, lon=13.40004))
    assert place(Location(lat=52.5, lon=13.4)) != place(Location(lat=52.501, lon=13.4))
