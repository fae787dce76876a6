"""The Readings table: written once, recorded once, settled once, and the latest never goes back in time."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from meterflow.adapters import aws, claims, meters, readings
from meterflow.errors import BrokenInvariant, TransientError
from meterflow.meter import Latest, Location, Meter, MeterKind
from meterflow.reading import PhotoResult, Reading, Source, Status, new_reading
from meterflow.vee import Known, Neighbours

pytestmark = pytest.mark.usefixtures("aws")

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MONDAY, TUESDAY, WEDNESDAY = (f"2026-11-{day}T08:00:00Z" for day in (16, 17, 18))


def submission(submission_id: str = "s-1", value: str = "00100.000", taken_at: str = TUESDAY, **more: Any) -> Reading:
    fields = {"meter_id": "WTR-1", "source": Source.CUSTOMER, "submitted_by": "ana", "photo_key": None} | more
    return new_reading(submission_id=submission_id, value=value, taken_at=taken_at, received_at=NOW, **fields)


def register(latest: Latest | None = None) -> Meter:
    meter = Meter(
        meter_id="WTR-1",
        kind=MeterKind.WATER,
        unit="m3",
        digits=5,
        decimals=3,
        max_daily=Decimal("60"),
        location=Location(lat=52.5, lon=13.4),
        owner="ana",
        registered_at="2026-01-01T00:00:00Z",
        latest=latest,
    )
    assert meters.put_new(meter)
    return meter


def settle(submission_id: str = "s-1", value: str = "00100.000", taken_at: str = TUESDAY, **more: Any) -> str:
    fields: dict[str, Any] = {"status": "ACCEPTED", "quality": "valid", "reasons": (), "now": NOW} | more
    return readings.settle(submission_id, meter_id="WTR-1", value=value, taken_at=taken_at, **fields)


def accept(submission_id: str, value: str, taken_at: str) -> None:
    readings.put_new_submission(submission(submission_id, value, taken_at))
    assert settle(submission_id, value, taken_at) == "SETTLED"


def stored(submission_id: str = "s-1") -> Reading:
    row = readings.get(submission_id)
    assert row
    return row


def latest() -> Latest | None:
    meter = meters.get("WTR-1")
    assert meter
    return meter.latest


# --- written once -----------------------------------------------------------------------------------------------


def test_the_first_row_stays_and_its_fingerprint_tells() -> None:
    first, other = submission(), submission(value="00200.000")
    assert readings.put_new_submission(first) == first.fingerprint
    assert readings.put_new_submission(first) == first.fingerprint
    assert readings.put_new_submission(other) == first.fingerprint != other.fingerprint
    assert stored() == first


def test_one_of_two_submissions_is_the_reading_of_that_moment() -> None:
    assert readings.record(submission("s-1"), NOW) == "s-1"
    assert readings.record(submission("s-2"), NOW) == "s-1"
    assert readings.record(submission("s-1"), NOW) == "s-1"
    assert readings.record(submission("s-3", taken_at=WEDNESDAY), NOW) == "s-3"
    assert stored("s-2").status == Status.PROCESSING


def test_dying_between_row_and_claim_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object, **__: object) -> str:
        raise TransientError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(claims, "take", die)
        with pytest.raises(TransientError):
            readings.record(submission("s-1"), NOW)
    assert readings.record(submission("s-1"), NOW) == "s-1"
    assert readings.record(submission("s-2"), NOW) == "s-1"


# --- history ----------------------------------------------------------------------------------------------------


def test_pages_hold_every_submission_newest_first() -> None:
    for day in range(10, 15):
        readings.put_new_submission(submission(f"s-{day}", taken_at=f"2026-11-{day}T08:00:00Z"))
    seen: list[str] = []
    after = None
    while True:
        found, after = readings.page("WTR-1", 2, after)
        seen += [one.submission_id for one in found]
        if after is None:
            break
    assert seen == ["s-14", "s-13", "s-12", "s-11", "s-10"]


def test_a_time_that_nobody_can_read_keeps_the_row_out_of_the_history() -> None:
    readings.put_new_submission(submission(taken_at="noon"))
    assert stored().taken_at == ""
    assert readings.page("WTR-1", 10) == ([], None)


def test_history_holds_what_was_accepted_newest_first() -> None:
    register()
    accept("s-1", "00100.000", MONDAY)
    accept("s-2", "00101.000", TUESDAY)
    readings.put_new_submission(submission("s-3", taken_at=WEDNESDAY))
    assert [one.submission_id for one in readings.history("WTR-1", 10)] == ["s-2", "s-1"]
    assert [one.submission_id for one in readings.history("WTR-1", 1)] == ["s-2"]
    assert [one.submission_id for one in readings.history("WTR-1", 10, before=TUESDAY)] == ["s-1"]


def test_neighbours_of_a_newer_and_a_late_reading() -> None:
    assert readings.neighbours(register(), TUESDAY, "s-9") == Neighbours()
    accept("s-1", "00100.000", MONDAY)
    accept("s-3", "00102.000", WEDNESDAY)
    meter = meters.get("WTR-1")
    assert meter
    thursday = "2026-11-19T08:00:00Z"
    monday, wednesday = Known("00100.000", MONDAY), Known("00102.000", WEDNESDAY)
    assert readings.neighbours(meter, thursday, "s-9") == Neighbours(previous=wednesday)
    assert readings.neighbours(meter, TUESDAY, "s-9") == Neighbours(monday, wednesday)
    assert readings.neighbours(meter, WEDNESDAY, "s-9") == Neighbours(monday, None, wednesday)
    assert readings.neighbours(meter, WEDNESDAY, "s-3") == Neighbours(monday), "a redrive is not its own duplicate"
    assert readings.neighbours(meter, MONDAY, "s-9") == Neighbours(None, wednesday, monday)


def test_the_meters_latest_counts_where_the_index_lags() -> None:
    meter = register(Latest(submission_id="s-0", value="00100.000", taken_at=TUESDAY, quality="valid"))
    known = Known("00100.000", TUESDAY)
    assert readings.neighbours(meter, MONDAY, "s-9") == Neighbours(None, known)
    assert readings.neighbours(meter, TUESDAY, "s-9") == Neighbours(None, None, known)
    assert readings.neighbours(meter, TUESDAY, "s-0") == Neighbours()


# --- settled once -----------------------------------------------------------------------------------------------


def test_an_accepted_reading_becomes_the_meters_latest() -> None:
    register()
    readings.put_new_submission(submission())
    photo = PhotoResult(verdict="MATCH", reading="00100.000", confidence=0.987)
    assert settle(reasons=("late_reading",), photo=photo, risk_level="LOW", job_id="j-1") == "SETTLED"
    row = stored()
    assert (row.status, row.quality, row.reasons) == ("ACCEPTED", "valid", ("late_reading",))
    assert (row.photo, row.risk_level, row.job_id, row.settled_at) == (photo, "LOW", "j-1", "2026-11-21T12:00:00Z")
    assert latest() == Latest(submission_id="s-1", value="00100.000", taken_at=TUESDAY, quality="valid")


def test_settling_again_changes_nothing() -> None:
    register()
    readings.put_new_submission(submission())
    assert settle() == "SETTLED"
    assert settle(status="REJECTED", quality="raw", reasons=("decreasing",)) == "ALREADY"
    assert stored().status == Status.ACCEPTED


@pytest.mark.parametrize("status", ["REJECTED", "NEEDS_REVIEW"])
def test_only_accepted_readings_become_the_latest(status: str) -> None:
    register()
    readings.put_new_submission(submission())
    assert settle(status=status, quality="raw", reasons=("a_rule",), risk_level="HIGH") == "SETTLED"
    assert stored().status == status
    assert (latest(), marks()[0]) == (None, None)


def test_a_late_reading_is_settled_and_the_latest_stays() -> None:
    register()
    accept("s-2", "00101.000", WEDNESDAY)
    accept("s-1", "00100.000", TUESDAY)
    assert stored("s-1").status == Status.ACCEPTED
    now = latest()
    assert now
    assert now.submission_id == "s-2"


def test_another_reading_of_the_same_moment_does_not_replace_the_latest() -> None:
    register()
    accept("s-1", "00100.000", TUESDAY)
    accept("s-2", "00101.000", TUESDAY)
    now = latest()
    assert now
    assert now.submission_id == "s-1"


def test_a_reading_whose_meter_is_gone_is_settled_and_makes_no_meter() -> None:
    readings.put_new_submission(submission())
    assert settle() == "SETTLED"
    assert meters.get("WTR-1") is None


def test_a_review_decides_once_and_keeps_the_original() -> None:
    register()
    readings.put_new_submission(submission())
    photo = PhotoResult(verdict="MISMATCH", reading="00108.000", confidence=0.9)
    settle(status="NEEDS_REVIEW", quality="raw", reasons=("photo_mismatch",), photo=photo, risk_level="LOW")
    edit = {"reason": "misread", "edited_by": "operator"}
    decision = {"value": "00108.000", "quality": "edited", "edit": edit, "expected": ("NEEDS_REVIEW",)}
    assert settle(**decision) == "SETTLED"
    assert settle(**decision) == "ALREADY"
    row = stored()
    assert (row.value, row.original_value, row.edit, row.quality) == ("00108.000", "00100.000", edit, "edited")
    assert (row.photo, row.risk_level, row.reasons) == (photo, "LOW", ())
    now = latest()
    assert now
    assert now.value == "00108.000"


def test_a_later_correction_keeps_the_first_original_and_renews_the_latest() -> None:
    register()
    accept("s-1", "00100.000", TUESDAY)
    for value in ("00101.000", "00102.000"):
        settle(value=value, quality="edited", edit={"reason": "r"}, expected=("ACCEPTED",))
    assert (stored().value, stored().original_value) == ("00102.000", "00100.000")
    now = latest()
    assert now
    assert now.value == "00102.000"


def test_settling_what_was_never_recorded_is_a_bug() -> None:
    register()
    with pytest.raises(BrokenInvariant):
        settle()
    assert latest() is None


class Faulty:
    """A client whose transactions fail as told, before or after they are done."""

    def __init__(self, client: Any, before: Exception | None = None, after: Exception | None = None) -> None:
        self.client, self.before, self.after = client, before, after

    def transact_write_items(self, **request: Any) -> Any:
        if self.before:
            raise self.before
        answer = self.client.transact_write_items(**request)
        if self.after:
            raise self.after
        return answer


def break_transactions(monkeypatch: pytest.MonkeyPatch, **fault: Exception) -> None:
    """Let the next transactions of the Readings table fail."""
    table = aws.table("meterflow-ReadingsTable")
    monkeypatch.setattr(table.meta, "client", Faulty(table.meta.client, **fault))


def cancelled(*codes: str) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
            "CancellationReasons": [{"Code": code} for code in codes],
        },
        "TransactWriteItems",
    )


def test_dying_before_the_transaction_leaves_nothing_half_done(monkeypatch: pytest.MonkeyPatch) -> None:
    register()
    readings.put_new_submission(submission())
    with monkeypatch.context() as patch:
        break_transactions(patch, before=ReadTimeoutError(endpoint_url="x"))
        with pytest.raises(TransientError):
            settle()
    assert stored().status == Status.PROCESSING
    assert latest() is None
    assert settle() == "SETTLED"
    assert latest() is not None


def test_a_transaction_done_but_unheard_is_found_by_the_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    register()
    readings.put_new_submission(submission())
    with monkeypatch.context() as patch:
        break_transactions(patch, after=ReadTimeoutError(endpoint_url="x"))
        with pytest.raises(TransientError):
            settle()
    assert settle() == "ALREADY"
    assert stored().status == Status.ACCEPTED
    now = latest()
    assert now
    assert now.submission_id == "s-1"


# --- what the meter's row shows ---------------------------------------------------------------------------------


def marks() -> tuple[str | None, set[str]]:
    """The meter's risk and the submissions whose review is open."""
    meter = meters.get("WTR-1")
    assert meter
    return meter.risk_level, set(meter.open_reviews)


def doubt(submission_id: str, taken_at: str = TUESDAY, value: str = "00100.000", **more: Any) -> None:
    readings.put_new_submission(submission(submission_id, value, taken_at))
    doubted = {"status": "NEEDS_REVIEW", "quality": "raw", "reasons": ("photo_mismatch",)}
    assert settle(submission_id, value, taken_at, **doubted, **more) == "SETTLED"


def decide(submission_id: str, taken_at: str = TUESDAY, status: str = "ACCEPTED", **more: Any) -> str:
    return settle(submission_id, taken_at=taken_at, status=status, expected=("NEEDS_REVIEW",), **more)


def test_the_meters_risk_is_the_latest_readings() -> None:
    register()
    for submission_id, day, risk in (("s-1", MONDAY, "HIGH"), ("s-2", TUESDAY, None), ("s-3", WEDNESDAY, "LOW")):
        readings.put_new_submission(submission(submission_id, taken_at=day))
        settle(submission_id, taken_at=day, risk_level=risk)
        assert marks() == (risk, set())


def test_a_late_reading_leaves_the_risk() -> None:
    register()
    for submission_id, day, risk in (("s-2", WEDNESDAY, "LOW"), ("s-1", TUESDAY, "CRITICAL"), ("s-0", MONDAY, None)):
        readings.put_new_submission(submission(submission_id, taken_at=day))
        assert settle(submission_id, taken_at=day, risk_level=risk) == "SETTLED"
        assert marks() == ("LOW", set())
    assert stored("s-1").risk_level == "CRITICAL"


@pytest.mark.parametrize("status", ["ACCEPTED", "REJECTED"])
def test_a_review_marks_the_meter_until_it_is_decided(status: str) -> None:
    register()
    doubt("s-1", risk_level="HIGH")
    assert marks() == (None, {"s-1"})
    assert decide("s-1", status=status, risk_level="HIGH") == "SETTLED"
    assert marks() == ("HIGH" if status == "ACCEPTED" else None, set())
    assert (latest() is not None) is (status == "ACCEPTED")


@pytest.mark.parametrize("status", ["ACCEPTED", "REJECTED"])
def test_two_reviews_of_a_meter_leave_each_others_marks(status: str) -> None:
    register()
    doubt("s-1", MONDAY)
    doubt("s-2", TUESDAY)
    assert marks() == (None, {"s-1", "s-2"})
    assert decide("s-1", MONDAY, status) == "SETTLED"
    assert marks() == (None, {"s-2"})
    assert (latest() is not None) is (status == "ACCEPTED")
    assert decide("s-2", TUESDAY) == "SETTLED"
    assert marks() == (None, set())


def test_a_late_readings_review_takes_its_mark_and_nothing_else() -> None:
    register()
    doubt("s-1", MONDAY)
    readings.put_new_submission(submission("s-2", taken_at=WEDNESDAY))
    settle("s-2", taken_at=WEDNESDAY, risk_level="LOW")
    assert marks() == ("LOW", {"s-1"}), "an accepted reading does not close another's review"
    assert decide("s-1", MONDAY, risk_level="CRITICAL") == "SETTLED"
    assert marks() == ("LOW", set())
    now = latest()
    assert now
    assert now.submission_id == "s-2"


def test_a_late_readings_review_beside_a_newer_one_takes_its_own_mark_alone() -> None:
    register()
    doubt("s-1", MONDAY)
    accept("s-2", "00100.000", TUESDAY)
    doubt("s-3", WEDNESDAY)
    before = meters.get("WTR-1")
    assert before
    assert decide("s-1", MONDAY, risk_level="CRITICAL") == "SETTLED"
    assert stored("s-1").status == Status.ACCEPTED
    assert meters.get("WTR-1") == before.model_copy(update={"open_reviews": frozenset({"s-3"})})


def test_an_audit_replaces_only_the_value_that_it_looked_at() -> None:
    register()
    accept("s-1", "00100.000", MONDAY)
    audited = {"expected": ("ACCEPTED",), "replaces": "00100.000", "quality": "edited"}
    edit = {"reason": "r", "edited_by": "op", "edited_at": "2026-11-21T08:00:00Z"}
    assert settle("s-1", "00101.000", MONDAY, edit=edit, **audited) == "SETTLED"
    assert settle("s-1", "00102.000", MONDAY, edit=edit, **audited) == "ALREADY"
    assert (stored("s-1").value, stored("s-1").original_value) == ("00101.000", "00100.000")
    now = latest()
    assert now
    assert now.value == "00101.000"


def test_a_retry_does_not_mark_the_meter_again() -> None:
    register()
    doubt("s-1")
    decide("s-1", status="REJECTED")
    assert settle("s-1", status="NEEDS_REVIEW", quality="raw") == "ALREADY"
    assert decide("s-1", status="REJECTED") == "ALREADY"
    assert marks() == (None, set())


@pytest.mark.parametrize("status", ["ACCEPTED", "REJECTED"])
def test_a_review_whose_meter_is_gone_is_opened_and_decided(status: str) -> None:
    doubt("s-1")
    assert decide("s-1", status=status) == "SETTLED"
    assert stored().status == status
    assert meters.get("WTR-1") is None


@pytest.mark.parametrize("when", ["before", "after"])
def test_dying_beside_a_mark_leaves_reading_and_meter_together(when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    register()
    readings.put_new_submission(submission())
    doubtful: dict[str, Any] = {"status": "NEEDS_REVIEW", "quality": "raw"}
    for attempt, shown in ((lambda: settle(**doubtful), {"s-1"}), (lambda: decide("s-1"), set())):
        was = marks()
        with monkeypatch.context() as patch:
            break_transactions(patch, **{when: ReadTimeoutError(endpoint_url="x")})
            with pytest.raises(TransientError):
                attempt()
        assert marks() == (was if when == "before" else (None, shown))
        assert attempt() == ("SETTLED" if when == "before" else "ALREADY")
        assert marks() == (None, shown)


def test_settling_leaves_what_others_wrote_to_the_meter() -> None:
    register()
    row = aws.table("meterflow-MetersTable")
    row.update_item(
        Key={"meter_id": "WTR-1"},
        UpdateExpression="SET open_job = :j, tag = :t",
        ExpressionAttributeValues={":j": "j-1", ":t": "kept"},
    )
    doubt("s-1")
    decide("s-1", risk_level="LOW")
    item = row.get_item(Key={"meter_id": "WTR-1"})["Item"]
    assert (item["open_job"], item["tag"], item["risk_level"], "open_reviews" in item) == ("j-1", "kept", "LOW", False)


@pytest.mark.parametrize("codes", [("TransactionConflict", "None"), ("None", "ThrottlingError")])
def test_a_collision_is_an_outage(codes: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    register()
    readings.put_new_submission(submission())
    break_transactions(monkeypatch, before=cancelled(*codes))
    with pytest.raises(TransientError):
        settle()


def test_another_refusal_of_aws_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    register()
    readings.put_new_submission(submission())
    denied = ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, "TransactWriteItems")
    break_transactions(monkeypatch, before=denied)
    with pytest.raises(ClientError):
        settle()
