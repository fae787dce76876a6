"""GET /reviews/statistics."""

from typing import Any

import pytest

from meterflow import clock
from meterflow.adapters import reviewer_counts, validation_results
from meterflow.meter import Location, Meter
from meterflow.review_counts import DecidedReview
from meterflow.review_decision import Opinion

OPENED_AT, DECIDED_AT = "2026-11-20T08:00:00Z", "2026-11-20T08:05:00Z"


def review(number: int, meter: Meter, who: str, value: str, submitted: str = "00100.000", audit: bool = False) -> None:
    """Somebody decided something, and it is counted."""
    validation_results.results().put_item(Item={"result_id": f"submission#{number}"})
    opinion = Opinion(value=value, reason="r", decided_by=who, decided_at=DECIDED_AT)
    decided = DecidedReview(
        submitted=submitted,
        final=value,
        reader="00100.000",
        opened_at=OPENED_AT,
        opinions=(opinion,),
        has_photo=True,
        audit=audit,
    )
    assert reviewer_counts.count(str(number), decided, meter, clock.now())


def customer(meter: Any, number: int) -> Meter:
    """A customer in a house of their own."""
    home = Location(lat=52.5 + number / 100, lon=13.4)
    made: Meter = meter(f"WTR-1{number:03d}", owner=f"c-{number}", location=home)
    return made


def statistics(call: Any, **query: str) -> Any:
    status, body = call("list_reviewers", query=query, groups="operator")
    assert status == 200
    return body


def test_an_accomplice_stands_out_and_an_honest_reviewer_does_not(call: Any, meter: Any) -> None:
    mine, others = meter("WTR-0001"), [customer(meter, number) for number in range(24)]
    for number, theirs in enumerate(others):
        review(number, theirs, "ann", "00099.000" if number % 2 else "00101.000")
    for number in range(23):
        review(100 + number, mine, "eve", "00090.000")
    body = statistics(call)
    assert (body["kind"], [item["reviewer"] for item in body["items"]]) == ("all", ["ann", "eve"])
    ann, eve = body["items"]
    assert ann["flags"] == []
    codes = {flag["code"]: flag for flag in eve["flags"]}
    assert set(codes) >= {"FAVOURS_DOWN", "FAVOURS_ONE_CUSTOMER", "FAVOURS_ONE_PLACE"}
    assert {flag["about"] for flag in codes.values() if flag["code"].startswith("FAVOURS")} == {"fraud"}
    assert codes["FAVOURS_ONE_CUSTOMER"]["customer"] == mine.owner
    assert (eve["downward"]["count"], eve["units_down"], eve["units_up"]) == (23, "230.000", "0")
    assert 240 <= eve["median_seconds"] <= 375
    # A kind alone looks at nobody's customers.
    water = statistics(call, kind="water")["items"][1]
    assert {flag["code"] for flag in water["flags"]} <= {"FAVOURS_DOWN", "AGAINST_READER"}
    assert statistics(call, kind="gas")["items"] == []


def test_four_cases_flag_nobody(call: Any, meter: Any) -> None:
    mine = meter()
    for number in range(4):
        review(number, mine, "eve", "00090.000")
    assert statistics(call)["items"][0]["flags"] == []


def test_customers_corrected_shares_by_kind_and_audits_apart(call: Any, meter: Any) -> None:
    mine = meter()
    review(1, mine, "ann", "00090.000")
    review(2, mine, "ann", "00100.000")
    review(3, mine, "ann", "00100.000", audit=True)
    together = statistics(call, kind="water")["everybody"]
    assert (together["corrected_in_review"]["count"], together["corrected_in_review"]["of"]) == (1, 2)
    assert (together["corrected_in_audit"]["count"], together["corrected_in_audit"]["of"]) == (0, 1)


def test_page_by_page(call: Any, meter: Any) -> None:
    mine = meter()
    for number, who in enumerate(("ann", "ann", "ann", "bob", "bob", "eve")):
        review(number, mine, who, "00100.000")
    first = statistics(call, limit="2")
    assert [item["reviewer"] for item in first["items"]] == ["ann", "bob"]
    last = statistics(call, limit="2", next=first["next"])
    assert [item["reviewer"] for item in last["items"]] == ["eve"]
    assert "next" not in last


def test_nobody_has_decided_yet(call: Any, aws: None) -> None:  # noqa: ARG001
    body = statistics(call)
    assert (body["items"], body["everybody"]["decisions"]) == ([], 0)
    assert body["everybody"]["median_seconds"] is None


@pytest.mark.parametrize("groups", ["", "technician"])
def test_only_operators(call: Any, groups: str) -> None:
    assert call("list_reviewers", groups=groups)[0] == 403


@pytest.mark.parametrize("query", [{"kind": "steam"}, {"limit": "0"}])
def test_bad_queries(call: Any, meter: Any, query: dict[str, str]) -> None:
    meter()
    status, problem = call("list_reviewers", query=query, groups="operator")
    assert (status, problem["errors"][0]["field"]) == (400, next(iter(query)))
