"""A meter recovers from one accepted false high, and a doubtful reading from its doubt, each in one transaction.

The steps run as the machine runs them, on the tables; every gap is a place where the process dies and runs again.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import boto3
import pytest

from meterflow import clock, ids
from meterflow.adapters import bus, meter_changes, meters, readings, reviews, task_tokens
from meterflow.clock import now
from meterflow.contracts.image_validation import ReviewRequest
from meterflow.contracts.meter_submission import Submission
from meterflow.errors import TransientError
from meterflow.exchanges import with_exchange
from meterflow.meter import Exchange, Meter
from meterflow.reading import Reading, Status
from meterflow.review_decision import Decision, Opinion

TODAY = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
MATCH = {"verdict": "MATCH", "reading": "00416.550", "confidence": 0.97}
Told = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """What went to the bus."""
    kept: Told = []
    monkeypatch.setenv("AUDIT_SHARE", "0")
    monkeypatch.setattr(bus, "publish", lambda kind, detail: kept.append((kind, detail)))
    return kept


@pytest.fixture
def step(load_handler: Any, lambda_context: Any) -> Callable[[str, dict[str, Any]], dict[str, Any]]:
    return lambda name, payload: load_handler("meter_submission", name).handler(payload, lambda_context)


@pytest.fixture
def locked(register: Callable[..., Meter]) -> None:
    """2.1 m3 a week for 20 weeks; then a figure was misread, 514.450 for 414.450, and the reading accepted."""
    register()
    for week in range(20):
        put(f"h-{week}", Decimal("412.350") - Decimal("2.1") * (19 - week), TODAY - timedelta(weeks=21 - week))
    put("false", Decimal("514.450"), TODAY - timedelta(weeks=1))


def put(submission_id: str, value: Decimal, at: datetime) -> None:
    one = given(submission_id, f"{value:09.3f}", at)
    readings.put_new_submission(Submission.model_validate(one).as_reading(at))
    assert readings.settle(
        submission_id,
        meter_id="WTR-0001",
        status="ACCEPTED",
        quality="valid",
        reasons=(),
        value=one["value"],
        taken_at=one["taken_at"],
        now=at,
    ) == "SETTLED"  # fmt: skip


def given(submission_id: str, value: str, at: datetime, **more: Any) -> dict[str, Any]:
    return {
        "submission_id": submission_id,
        "meter_id": "WTR-0001",
        "value": value,
        "taken_at": clock.to_text(at),
        "source": "customer",
        "submitted_by": "00000000-0000-4000-8000-000000000001",
    } | more


def submit(step: Any, one: dict[str, Any], photo: dict[str, Any] | None = None) -> dict[str, Any]:
    """The machine's way through the steps, without its children."""
    validation = step("validate_reading", one)
    if validation["outcome"] != "REJECT":
        step("record_reading", one)
    result: dict[str, Any] = step("settle_reading", settling(one, validation, photo))
    return result


def settling(one: dict[str, Any], validation: dict[str, Any], photo: dict[str, Any] | None) -> dict[str, Any]:
    return one | {"validation": validation, "duplicate": False, "photo_result": photo}


def row(submission_id: str) -> Reading:
    found = readings.get(submission_id)
    assert found
    return found


def meter() -> Meter:
    found = meters.get("WTR-0001")
    assert found
    return found


def recovered() -> None:
    """The state in which every way of recovering ends."""
    false = row("false")
    assert (false.status, false.quality, false.reasons) == ("REJECTED", "raw", ("false_high",))
    assert (false.value, false.original_value) == ("00514.450", "00514.450")
    assert false.edit
    assert (false.edit["reason"], false.edit["edited_by"]) == ("false_high", "meterflow")
    latest = meter().latest
    assert latest
    assert Decimal(latest.value) == Decimal("416.550")
    assert [one.submission_id for one in readings.history("WTR-0001", 3) if one.submission_id == "false"] == []


@pytest.mark.usefixtures("locked")
def test_a_reading_with_a_photo_that_shows_it_recovers_at_once(step: Any) -> None:
    one = given("s-1", "00416.550", TODAY, photo_key="uploads/00000000-0000-4000-8000-000000000001/a.jpg")
    result = submit(step, one, MATCH)
    assert (result["status"], result["quality"], result["reasons"]) == ("ACCEPTED", "valid", ["false_high_recovered"])
    assert row("s-1").resolved == ("false",)
    recovered()


@pytest.mark.usefixtures("locked")
def test_without_a_photo_one_confirming_reading_is_enough(step: Any, told: Told) -> None:
    first = submit(step, given("s-1", "00415.500", TODAY - timedelta(days=3)))
    assert (first["status"], first["reasons"]) == ("NEEDS_REVIEW", ["decreasing", "one_more_photo"])
    assert meter().open_reviews == {"s-1"}
    assert row("false").status == Status.ACCEPTED, "nothing is withdrawn on one word alone"
    second = submit(step, given("s-2", "00416.550", TODAY))
    assert (second["status"], second["reasons"]) == ("ACCEPTED", ["false_high_recovered"])
    recovered()
    witness = row("s-1")
    assert (witness.status, witness.quality, witness.reasons) == ("ACCEPTED", "valid", ("confirmed_by_next",))
    assert meter().open_reviews == frozenset()
    step("announce_outcome", {"submission_id": "s-2"})
    events = [(detail["submission_id"], detail["status"], detail["event_id"]) for _, detail in told]
    assert events == [
        ("s-2", "ACCEPTED", "s-2"),
        ("false", "REJECTED", ids.derived_id("false", "withdrawn")),
        ("s-1", "ACCEPTED", ids.derived_id("s-1", "decided")),
    ]


@pytest.mark.usefixtures("locked")
def test_a_photo_that_shows_something_else_withdraws_nothing(step: Any) -> None:
    mismatch = {"verdict": "MISMATCH", "reading": "00516.550", "confidence": 0.97, "reasons": ["digits_differ"]}
    one = given("s-1", "00416.550", TODAY, photo_key="uploads/00000000-0000-4000-8000-000000000001/a.jpg")
    assert submit(step, one, mismatch)["status"] == "NEEDS_REVIEW"
    assert row("false").status == Status.ACCEPTED


@pytest.mark.usefixtures("locked")
def test_what_a_person_decided_meanwhile_stands_and_the_reading_settles_all_the_same(step: Any) -> None:
    """Two earlier submissions are to change; a reviewer was first with one of them."""
    submit(step, given("s-1", "00415.500", TODAY - timedelta(days=3)))
    one = given("s-2", "00416.550", TODAY)
    validation = step("validate_reading", one)
    step("record_reading", one)
    edit = {"reason": "as seen", "edited_by": "r", "edited_at": "2026-11-20T09:00:00Z"}
    readings.settle(
        "s-1",
        meter_id="WTR-0001",
        status="ACCEPTED",
        quality="edited",
        reasons=["review_corrected"],
        value="00415.400",
        taken_at=row("s-1").taken_at,
        edit=edit,
        now=now(),
        expected=("NEEDS_REVIEW",),
    )
    assert step("settle_reading", settling(one, validation, None))["status"] == "ACCEPTED"
    assert (row("s-1").value, row("s-1").reasons) == ("00415.400", ("review_corrected",))
    assert row("s-2").resolved == ("false",)
    recovered()


@pytest.mark.usefixtures("locked")
@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_beside_the_transaction_then_run_again(step: Any, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    submit(step, given("s-1", "00415.500", TODAY - timedelta(days=3)))
    one = given("s-2", "00416.550", TODAY)
    validation = step("validate_reading", one)
    step("record_reading", one)
    real = readings._transact

    def killed(writes: Any) -> Any:
        if moment == "after":
            real(writes)
        raise TransientError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(readings, "_transact", killed)
        with pytest.raises(TransientError):
            step("settle_reading", settling(one, validation, None))
    states = {name: row(name).status for name in ("false", "s-1", "s-2")}
    untouched = {"false": "ACCEPTED", "s-1": "NEEDS_REVIEW", "s-2": "PROCESSING"}
    done = {"false": "REJECTED", "s-1": "ACCEPTED", "s-2": "ACCEPTED"}
    assert states == (done if moment == "after" else untouched), "all of it or nothing"
    step("settle_reading", settling(one, validation, None))
    recovered()
    assert row("s-2").resolved == ("false", "s-1")


@pytest.mark.usefixtures("locked")
@pytest.mark.parametrize("dies_at", [0, 1, 2])
def test_killed_between_the_announcements_then_run_again(
    step: Any, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    submit(step, given("s-1", "00415.500", TODAY - timedelta(days=3)))
    submit(step, given("s-2", "00416.550", TODAY))
    monkeypatch.setenv("AUDIT_SHARE", "0")
    sent: list[str] = []

    def dies(_kind: str, detail: dict[str, Any]) -> None:
        if len(sent) == dies_at:
            sent.append("killed")
            raise TransientError("killed")
        sent.append(detail["event_id"])

    monkeypatch.setattr(bus, "publish", dies)
    with pytest.raises(TransientError):
        step("announce_outcome", {"submission_id": "s-2"})
    step("announce_outcome", {"submission_id": "s-2"})
    expected = {"s-2", ids.derived_id("false", "withdrawn"), ids.derived_id("s-1", "decided")}
    assert set(sent) - {"killed"} == expected, "each event always has the same id, so listeners hear it once"


@pytest.mark.usefixtures("locked", "told")
def test_the_review_of_what_was_confirmed_ends_with_it(step: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    submit(step, given("s-1", "00415.500", TODAY - timedelta(days=3)))
    request = ReviewRequest(
        submission_id="s-1", meter_id="WTR-0001", customer_id="c", value="00415.500", taken_at="2026-11-17T08:00:00Z"
    )
    assert (
        reviews.open_review(
            request, holder="h", task_token="token-1", escalated=False, deadline_at=now(), kept_key=None, now=now()
        )
        is None
    )
    answered: list[tuple[str, dict[str, str]]] = []
    monkeypatch.setattr(task_tokens, "answer", lambda token, output: answered.append((token, output)) or True)
    submit(step, given("s-2", "00416.550", TODAY))
    step("announce_outcome", {"submission_id": "s-2"})
    review = reviews.get("s-1")
    assert review
    assert review.status == "COMPARED"
    assert answered == [("token-1", {"decision": "SETTLED"})]
    step("announce_outcome", {"submission_id": "s-2"})
    assert len(answered) == 2, "a killed run wakes the machine all the same; a token is good once"


@pytest.mark.usefixtures("locked")
def test_an_estimate_never_stands_in_the_way_of_a_true_reading(step: Any) -> None:
    """The same moment, and a value far above: the true reading is judged as if the estimate were not there."""
    estimate = given("e-1", "00514.700", TODAY, source="estimate")
    assert submit(step, estimate)["quality"] == "estimated"
    assert (meter().latest.submission_id if meter().latest else None) == "e-1"
    reading = given("s-1", "00516.550", TODAY)
    result = submit(step, reading)
    assert (result["status"], result["quality"]) == ("ACCEPTED", "valid")


@pytest.mark.usefixtures("aws")
def test_a_converted_value_keeps_the_text_as_sent(step: Any, register: Callable[..., Meter]) -> None:
    register(latest=("00100.000", "2026-11-19T08:00:00Z"))
    result = submit(step, given("s-1", "110000", TODAY, unit="l"))
    assert (result["status"], result["reasons"]) == ("ACCEPTED", ["unit_converted"])
    one = row("s-1")
    assert (one.value, one.original_value, one.unit) == ("00110.000", "110000", "l")
    assert one.edit
    assert one.edit["reason"] == "unit_converted"
    latest = meter().latest
    assert latest
    assert latest.value == "00110.000"


@pytest.mark.usefixtures("aws")
def test_a_technician_records_the_new_meter_by_reading_it(step: Any, register: Callable[..., Meter]) -> None:
    register(latest=("00100.000", "2026-11-19T08:00:00Z"))
    visit = given("s-1", "00000.512", TODAY, source="technician", submitted_by="TECH-02", serial_number="NEW-4712")
    assert submit(step, visit)["reasons"] == ["meter_exchanged"]
    [exchange] = meter().exchanges
    assert (exchange.start_value, exchange.new_serial_number, exchange.recorded_by) == (
        "00000.512",
        "NEW-4712",
        "TECH-02",
    )
    assert meter().serial_number == "NEW-4712"
    nxt = submit(step, given("s-2", "00002.600", TODAY + timedelta(hours=12)))
    assert nxt["status"] == "ACCEPTED"
    step("settle_reading", settling(visit, step("validate_reading", visit), None))
    assert len(meter().exchanges) == 1, "a repeated call records nothing again"


@pytest.mark.usefixtures("locked")
def test_evidence_has_what_the_rules_said(step: Any) -> None:
    submit(step, given("s-1", "00415.500", TODAY - timedelta(days=3)))
    said = row("s-1").validation
    assert said
    assert said["rule_set"].startswith("2026-11-21+")
    found = {one["rule"]: (one["result"], one.get("code")) for one in said["rules"]}
    assert found["not_decreasing"] == ("REJECT", "decreasing")
    assert found["not_duplicate"] == ("PASSED", None)
    assert {one["name"] for one in said["hypotheses"]} >= {"misread", "previous_wrong", "as_read"}


def test_a_utilitys_rule_sets_are_applied(
    step: Any, register: Callable[..., Meter], submission: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    register(latest=("00100.000", "2026-11-19T08:00:00Z"))
    key = "config/vee.json"
    mine = b'{"version": "acme-1", "sets": {"customer": {"plausibility": {"within_maximum_rate": "REVIEW"}}}}'
    boto3.client("s3").put_object(Bucket="meterflow-lake", Key=key, Body=mine)
    monkeypatch.setenv("VEE_RULES_KEY", key)
    said = step("validate_reading", submission | {"value": "00900.000"})
    assert (said["outcome"], said["reasons"]) == ("REVIEW", ["above_maximum_rate"])
    assert said["rule_set"].startswith("acme-1+")


# --- a person accepts the true reading, days later ----------------------------------------------------------------

Reviewed = Callable[[str], dict[str, Any]]


@pytest.fixture
def reviewed(locked: None, step: Any, load_handler: Any, lambda_context: Any) -> Reviewed:  # noqa: ARG001
    """s-1 is the true reading, doubted, in review. `reviewed(value)` decides it (once) and applies the decision."""
    one = given("s-1", "00415.500", TODAY - timedelta(days=3))
    assert submit(step, one)["status"] == "NEEDS_REVIEW"
    about = {"submission_id": "s-1", "meter_id": "WTR-0001", "customer_id": "c", "value": one["value"]}
    request = ReviewRequest.model_validate(about | {"taken_at": one["taken_at"]})
    parts = {"escalated": False, "deadline_at": now(), "kept_key": None, "now": now()}
    assert reviews.open_review(request, holder="h", task_token="token", **parts) is None
    app = load_handler("image_validation", "apply_correction")

    def decide(value: str) -> dict[str, Any]:
        words = {"value": value, "reason": "Seen", "decided_by": "op", "decided_at": "2026-11-20T09:00:00Z"}
        reviews.give_opinion("s-1", Opinion.model_validate(words), Decision.model_validate(words))
        answer: dict[str, Any] = app.handler(request.model_dump(mode="json") | {"purpose": "review"}, lambda_context)
        return answer

    return decide


def withdrawn() -> None:
    false = row("false")
    assert (false.status, false.reasons, false.original_value) == ("REJECTED", ("false_high",), "00514.450")
    assert false.edit
    assert false.edit["because_of"] == "s-1"
    assert row("s-1").resolved == ("false",)
    latest = meter().latest
    assert latest
    assert latest.submission_id == "s-1"


@pytest.mark.parametrize(("value", "outcome"), [("00415.500", "CONFIRMED"), ("00415.300", "EDITED")])
def test_a_person_who_accepts_the_true_reading_withdraws_the_false_high(
    reviewed: Reviewed, value: str, outcome: str
) -> None:
    assert reviewed(value) == {"outcome": outcome, "settled": "SETTLED"}
    assert row("s-1").value == value
    withdrawn()
    before = row("false")
    assert reviewed(value) == {"outcome": outcome, "settled": "ALREADY"}
    assert row("false") == before, "exactly once"


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_beside_a_persons_transaction_then_run_again(
    reviewed: Reviewed, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    real = readings._transact

    def killed(writes: Any) -> Any:
        if moment == "after":
            real(writes)
        raise TransientError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(readings, "_transact", killed)
        with pytest.raises(TransientError):
            reviewed("00415.500")
    states = [row(name).status for name in ("false", "s-1")]
    assert states == (["REJECTED", "ACCEPTED"] if moment == "after" else ["ACCEPTED", "NEEDS_REVIEW"])
    reviewed("00415.500")
    withdrawn()


@pytest.mark.parametrize("dies_at", [0, 1])
def test_what_a_persons_decision_withdrew_is_told(
    reviewed: Reviewed, load_handler: Any, lambda_context: Any, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    reviewed("00415.500")
    app = load_handler("image_validation", "announce_decision")
    sent: list[str] = []

    def dies(_kind: str, detail: dict[str, Any]) -> None:
        if len(sent) == dies_at:
            sent.append("killed")
            raise TransientError("killed")
        sent.append(detail["event_id"])

    monkeypatch.setattr(bus, "publish", dies)
    with pytest.raises(TransientError):
        app.handler({"submission_id": "s-1"}, lambda_context)
    app.handler({"submission_id": "s-1"}, lambda_context)
    assert set(sent) - {"killed"} == {ids.derived_id("s-1", "decided"), ids.derived_id("false", "withdrawn")}


@pytest.mark.parametrize("value", ["00515.000", "00001.500"])
def test_a_person_who_saw_something_else_withdraws_nothing(reviewed: Reviewed, value: str) -> None:
    """Above the high it was none; below the reading before it this is another story."""
    assert reviewed(value)["outcome"] == "EDITED"
    assert row("false").status == Status.ACCEPTED
    assert row("s-1").resolved == ()


def test_what_was_explained_meanwhile_is_not_withdrawn(reviewed: Reviewed) -> None:
    """The meter was exchanged between the two: the high was true."""
    old = meter()
    told = Exchange(
        exchanged_at=clock.to_text(TODAY - timedelta(days=5)), start_value="00415.000", removal_value="00515"
    )
    assert meter_changes.change_exchanges(old, with_exchange(old, told))
    assert reviewed("00415.500")["outcome"] == "CONFIRMED"
    assert row("false").status == Status.ACCEPTED


def test_a_later_reading_that_reaches_the_high_keeps_it(reviewed: Reviewed) -> None:
    put("later", Decimal("516.000"), TODAY)
    assert reviewed("00415.500")["outcome"] == "CONFIRMED"
    assert row("false").status == Status.ACCEPTED
