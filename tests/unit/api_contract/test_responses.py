"""Every route's function, called with its sample event, answers as openapi.yaml says, and with each status it names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from meterflow import evidence
from meterflow.adapters import alerts, evidence_records, meter_changes, meters, readings, reviewer_counts, reviews
from meterflow.alert import Acknowledgement, RecentReading
from meterflow.exchanges import with_exchange
from meterflow.meter import Exchange
from meterflow.reading import Figure, PhotoResult, Source
from meterflow.review_counts import DecidedReview
from meterflow.review_decision import Decision, Opinion
from tests.unit.alarms import ALERT, alarm, put_alarm
from tests.unit.api_contract.conftest import CUSTOMER, SUBMISSION, TAKEN_AT, TECHNICIAN, Call, World
from tests.unit.api_contract.contract import contract
from tests.unit.dispatch import JOB, NEAR

# What API Gateway answers without asking a function; tests/template/test_openapi.py looks for it in the template.
GATEWAY = {429, 500, 504}
WITH_BODY = (
    "register_meter",
    "submit_reading",
    "request_upload",
    "correct_reading",
    "complete_job",
    "record_exchange",
    "set_submeters",
    "acknowledge_alert",
)
JOB_PATH = {"job_id": JOB}
REVIEW_PATH = {"submission_id": SUBMISSION}


@dataclass(frozen=True)
class Case:
    """`route`, called with `sent`, answers `status` after `arrange` (None: without AWS). `shape` is its very schema."""

    route: str
    status: int
    why: str
    arrange: Callable[[World], Any] | None = None
    sent: dict[str, Any] = field(default_factory=dict)
    shape: str | None = None
    items: int | None = None

    def __str__(self) -> str:
        return f"{self.route}-{self.status}-{self.why}"


def nothing(_world: World) -> None:
    """Two meters and five technicians are there anyway."""


def registered(world: World) -> None:
    world.dispatch.add_meter("WTR-9001", 52.52)


def submitted(world: World) -> None:
    world.reading()


def settled(world: World) -> None:
    world.reading()
    world.settled()


def proven(world: World) -> None:
    """Settled by the rules, with a photo whose figures were read, and its evidence kept."""
    world.reading()
    photo = PhotoResult(
        verdict="MATCH",
        reading="00123.457",
        confidence=0.93,
        figures=(Figure(symbol="7", odds=0.9, alternatives=(("1", 0.1),)),),
    )
    rules = [
        {"rule": "high_use", "result": "NOTE", "code": "high_use"},
        {"rule": "late", "result": "PASSED", "code": None},
    ]
    explained = [{"name": "true_high", "share": "0.900000", "because": ""}]
    world.settled(
        photo=photo, validation={"rule_set": "2026-11-21+0123456789ab", "rules": rules, "hypotheses": explained}
    )
    row = readings.get(SUBMISSION)
    assert row
    record = evidence.record_of(row, meters.get(row.meter_id), alternatives=[("00123.457", "0.930000")])
    evidence_records.put(record, None)


def history(world: World) -> None:
    """One in work, one accepted and corrected, one that a device sent without a value."""
    world.reading("s-1", minutes=1)
    world.reading("s-2", minutes=2)
    world.settled("s-2", edit={"reason": "canary", "edited_by": "canary", "edited_at": "2026-11-21T08:00:00Z"})
    world.reading("s-3", "", Source.DEVICE, minutes=3)
    world.reading("s-4", "12,5", Source.DEVICE, minutes=4)
    world.settled("s-4", status="REJECTED", quality="raw", value="12,5", photo=None, risk_level=None, job_id=None)


def token_used(world: World) -> None:
    # The sample event's own submission, of another value.
    world.reading(SUBMISSION, "00009.999")


def queue(world: World) -> None:
    for number in (1, 2, 3):
        world.review(f"s-{number}", kept_key=None if number == 1 else "photos/a.jpg")


def matched(world: World) -> None:
    world.compared("s-1")


def compared(world: World) -> None:
    world.compared("s-1", "MISMATCH")


def say(value: str, who: str, outcome: str, stage: str = "FIRST") -> None:
    words = {"value": value, "reason": "Seen", "decided_by": who, "decided_at": "2026-11-21T08:00:00Z"}
    opinion = Opinion.model_validate({**words, "stage": stage, "outcome": outcome})
    assert reviews.give_opinion(SUBMISSION, opinion, Decision.model_validate(words) if outcome == "DECIDED" else None)


def decided(world: World) -> None:
    world.review()
    say("1.5", TECHNICIAN, "DECIDED")


def disagreed(world: World) -> None:
    world.review()
    say("1.5", TECHNICIAN, "SECOND_OPINION")
    say("2.5", "somebody", "DISAGREED", "SECOND")


def counted(world: World) -> None:
    decided(world)
    meter = meters.get("WTR-0001")
    review = reviews.get(SUBMISSION)
    assert meter
    assert review
    parts = {"submitted": "2.5", "final": "1.5", "reader": "1.5", "opened_at": review.opened_at, "has_photo": True}
    done = DecidedReview.model_validate({**parts, "opinions": review.opinions, "audit": False})
    assert reviewer_counts.count(SUBMISSION, done, meter, world.dispatch.now)


def offered(world: World) -> None:
    world.offered()


def accepted(world: World) -> None:
    world.offered()
    assert world.dispatch.api("accept_job", who=TECHNICIAN)[0] == 200


def declined(world: World) -> None:
    world.offered()
    assert world.dispatch.api("decline_job", who=TECHNICIAN)[0] == 200


def reported(world: World) -> None:
    accepted(world)
    report = {"value": "00123.456", "photo_key": f"uploads/{TECHNICIAN}/a.jpg", "note": "Gasket renewed."}
    assert world.dispatch.api("complete_job", who=TECHNICIAN, body=report)[0] == 200


def late(world: World) -> None:
    world.offered()
    world.dispatch.pass_time(minutes=15)


def every_kind_of_job(world: World) -> None:
    """One declined, silent, accepted, late, reported and done; one without a reason that nobody was asked for."""
    dispatch = world.dispatch
    world.offered(to=NEAR)
    dispatch.api("decline_job", who=NEAR)
    dispatch.offer(to="next", token="canary-token-2")
    dispatch.step("record_answer", job_id=JOB, technician_id="next", answer="SILENT")
    dispatch.offer(to=TECHNICIAN, token="canary-token-3")
    dispatch.api("accept_job", who=TECHNICIAN)
    dispatch.pass_time(days=2)
    dispatch.step("escalate_job", job_id=JOB, escalation="LATE")
    dispatch.api("complete_job", who=TECHNICIAN, body={"note": "Done"})
    dispatch.step("close_job", job_id=JOB)
    dispatch.step("create_job", job_key="2", cause="manual", meter_id="WTR-0002", risk_level="LOW", holder="canary")


def exchanged(_world: World) -> None:
    """The sample event's exchange is on record."""
    meter = meters.get("WTR-0001")
    assert meter
    told = Exchange(
        exchanged_at="2026-11-20T09:30:00Z",
        removal_value="00413.050",
        start_value="00000.000",
        new_serial_number="AL-2026-000815",
        recorded_by="canary",
    )
    assert meter_changes.change_exchanges(meter, with_exchange(meter, told))


def behind(_world: World) -> None:
    """WTR-0001 stands behind WTR-0002."""
    meter = meters.get("WTR-0002")
    assert meter
    assert meter_changes.change_submeters(meter, ["WTR-0001"], [])


def alarmed(_world: World) -> None:
    """A burst at WTR-0001, its chart drawn."""
    put_alarm()
    alerts.set_chart(ALERT, f"charts/{ALERT}")


def alarms_of_every_kind(_world: World) -> None:
    """Of a meter, of a sensor, one answered, and one of before there was evidence."""
    alarmed(_world)
    row = RecentReading(taken_at=TAKEN_AT, measurements={"pressure_bar": 2.1})
    put_alarm(
        "a-2", "S001", location="Server Room A", context=alarm().context.model_copy(update={"recent_readings": (row,)})
    )
    put_alarm("a-3", "WTR-0002")
    alerts.acknowledge(
        "a-3", Acknowledgement(reason="fixed", comment="Valve", by=TECHNICIAN, role="technician", at=TAKEN_AT)
    )
    put_alarm("a-4", "WTR-0001", findings=None, chart=None, score=None, model_version=None, subject=None, taken_at=None)


def answered(world: World) -> None:
    alarmed(world)
    told = Acknowledgement(reason="fixed", by="somebody", role="operator", at=TAKEN_AT)
    alerts.acknowledge(ALERT, told)


def alarmed_at_a_job(world: World) -> None:
    world.offered()
    alarmed(world)


SHORT = {"value": "1", "reason": "Seen"}
EXCHANGE = {
    "exchanged_at": "2026-11-20T09:30:00Z",
    "removal_value": "00414.000",
    "start_value": "00000.000",
    "serial_number": "AL-2026-000815",
}
UNKNOWN = {"path": {"meter_id": "WTR-9999"}}
CASES = [
    Case("register_meter", 201, "new", nothing),
    Case("register_meter", 409, "taken", registered),
    Case("list_meters", 200, "own", nothing, {"query": {"limit": "1"}}, items=1),
    Case("list_meters", 200, "another's", nothing, {"query": {"owner": CUSTOMER}, "role": "operator"}, items=2),
    Case("list_meters", 200, "none", nothing, {"role": "technician"}, items=0),
    Case("list_meters", 400, "limit", None, {"query": {"limit": "101"}}),
    Case("list_meters", 400, "next", None, {"query": {"next": "x"}}),
    Case("list_meters", 403, "customer", None, {"query": {"owner": "somebody"}}),
    Case("list_meters", 403, "technician", None, {"query": {"owner": "somebody"}, "role": "technician"}),
    Case("get_meter", 200, "new", nothing),
    Case("get_meter", 200, "read", settled),
    Case("get_meter", 404, "none", nothing, {"path": {"meter_id": "WTR-9999"}}),
    Case("get_meter", 404, "another's", nothing, {"user": "somebody"}),
    Case("get_meter", 404, "no id", None, {"path": {"meter_id": "a b"}}),
    Case("record_exchange", 200, "new", nothing),
    Case("record_exchange", 200, "again", exchanged),
    Case("record_exchange", 400, "register", nothing, {"body": EXCHANGE | {"removal_value": "999999"}}),
    Case("record_exchange", 403, "customer", None, {"role": "customer"}),
    Case("record_exchange", 403, "technician", None, {"role": "technician"}),
    Case("record_exchange", 404, "none", nothing, UNKNOWN),
    Case("record_exchange", 409, "told otherwise", exchanged, {"body": EXCHANGE}),
    Case("set_submeters", 200, "one", nothing),
    Case("set_submeters", 200, "none", nothing, {"body": {"submeters": []}}),
    Case("set_submeters", 400, "itself", nothing, {"body": {"submeters": ["WTR-0001"]}}),
    Case("set_submeters", 403, "customer", None, {"role": "customer"}),
    Case("set_submeters", 403, "technician", None, {"role": "technician"}),
    Case("set_submeters", 404, "none", nothing, UNKNOWN),
    Case("set_submeters", 409, "circle", behind),
    Case("list_readings", 200, "all kinds", history, items=4),
    Case("list_readings", 200, "page", history, {"query": {"limit": "2"}}, items=2),
    Case("list_readings", 400, "limit", nothing, {"query": {"limit": "x"}}),
    Case("list_readings", 404, "another's", nothing, {"user": "somebody"}),
    Case("request_upload", 200, "jpeg", nothing),
    Case("request_upload", 200, "png", nothing, {"body": {"meter_id": "WTR-0002", "content_type": "image/png"}}),
    Case("request_upload", 404, "another's", nothing, {"user": "somebody"}),
    Case("submit_reading", 202, "new", nothing),
    Case("submit_reading", 404, "another's", nothing, {"user": "somebody"}),
    Case("submit_reading", 422, "token used", token_used),
    Case("get_reading", 200, "processing", submitted),
    Case("get_reading", 200, "settled", settled),
    Case("get_reading", 200, "for operators", settled, {"role": "operator"}),
    Case("get_reading", 404, "none", nothing),
    Case("get_evidence", 200, "of its owner", proven),
    Case("get_evidence", 200, "for operators", proven, {"role": "operator"}),
    Case("get_evidence", 403, "technician", proven, {"role": "technician"}),
    Case("get_evidence", 404, "not kept yet", settled),
    Case("get_evidence", 404, "none", nothing),
    Case("get_evidence", 404, "another's", proven, {"user": "somebody"}),
    Case("get_reading", 404, "another's", submitted, {"user": "somebody"}),
    Case("list_validations", 200, "queue", queue, items=3),
    Case("list_validations", 200, "page", queue, {"query": {"limit": "2"}, "role": "technician"}, items=2),
    Case("list_validations", 200, "alias", queue, {"query": {"status": "needs_review"}}, items=3),
    Case("list_validations", 200, "matched", matched, {"query": {"status": "MATCHED"}}, items=1),
    Case("list_validations", 200, "compared", compared, {"query": {"status": "COMPARED"}}, items=1),
    Case("list_validations", 200, "decided", decided, {"query": {"status": "DECIDED"}}, items=1),
    Case("list_validations", 400, "status", None, {"query": {"status": "ACCEPTED"}}),
    Case("list_validations", 403, "customer", None, {"role": "customer"}),
    Case("correct_reading", 200, "decided", World.review, {"path": REVIEW_PATH, "body": SHORT}),
    Case("correct_reading", 400, "register", World.review, {"path": REVIEW_PATH, "body": SHORT | {"value": "999999"}}),
    Case("correct_reading", 403, "customer", None, {"role": "customer"}),
    Case("correct_reading", 403, "own meter", World.review, {"path": REVIEW_PATH, "body": SHORT, "user": CUSTOMER}),
    Case("correct_reading", 404, "none", nothing),
    Case("correct_reading", 409, "decided before", decided, {"path": REVIEW_PATH, "body": SHORT}),
    Case(
        "correct_reading",
        403,
        "only operators",
        disagreed,
        {"path": REVIEW_PATH, "body": SHORT, "role": "technician", "user": "third"},
    ),
    Case("list_validations", 200, "two disagree", disagreed, {"role": "operator"}, items=1),
    Case("list_reviewers", 200, "none", nothing, items=0),
    Case("list_reviewers", 200, "one", counted, items=1),
    Case("list_reviewers", 200, "of a kind", counted, {"query": {"kind": "water"}}, items=1),
    Case("list_reviewers", 400, "kind", None, {"query": {"kind": "steam"}}),
    Case("list_reviewers", 403, "customer", None, {"role": "customer"}),
    Case("list_reviewers", 403, "technician", None, {"role": "technician"}),
    Case("list_alerts", 200, "none", nothing, shape="OperatorAlertPage", items=0),
    Case("list_alerts", 200, "operator", alarms_of_every_kind, shape="OperatorAlertPage", items=4),
    Case("list_alerts", 200, "page", alarms_of_every_kind, {"query": {"limit": "3"}}, "OperatorAlertPage", 3),
    Case("list_alerts", 200, "one sensor", alarms_of_every_kind, {"query": {"meter": "S001"}}, items=1),
    Case("list_alerts", 200, "answered", alarms_of_every_kind, {"query": {"status": "acknowledged"}}, items=1),
    Case("list_alerts", 200, "severity", alarmed, {"query": {"severity": "HIGH"}}, items=0),
    Case("list_alerts", 200, "customer", alarms_of_every_kind, {"role": "customer"}, "CustomerAlertPage", 3),
    Case("list_alerts", 200, "no job", alarmed, {"role": "technician"}, "TechnicianAlertPage", 0),
    Case("list_alerts", 200, "a job", alarmed_at_a_job, {"role": "technician"}, "TechnicianAlertPage", 1),
    Case("list_alerts", 400, "status", None, {"query": {"status": "OPEN"}}),
    Case("list_alerts", 400, "severity", None, {"query": {"severity": "7"}}),
    Case("list_alerts", 400, "next", None, {"query": {"next": "x"}}),
    Case("list_alerts", 404, "another's", alarmed, {"role": "customer", "user": "x", "query": {"meter": "WTR-0001"}}),
    Case("acknowledge_alert", 200, "normal", alarmed),
    Case("acknowledge_alert", 200, "fixed", alarmed_at_a_job, {"role": "technician", "body": {"reason": "fixed"}}),
    Case("acknowledge_alert", 403, "not theirs to say", alarmed_at_a_job, {"role": "technician"}),
    Case("acknowledge_alert", 404, "none", nothing),
    Case("acknowledge_alert", 404, "another's", alarmed, {"user": "x"}),
    Case("acknowledge_alert", 409, "answered", answered),
    Case("list_jobs", 200, "none", nothing, shape="TechnicianJobPage", items=0),
    Case("list_jobs", 200, "offered", offered, shape="TechnicianJobPage", items=1),
    Case("list_jobs", 200, "accepted", accepted, shape="TechnicianJobPage", items=1),
    Case("list_jobs", 200, "reported", reported, shape="TechnicianJobPage", items=1),
    Case("list_jobs", 200, "operator", every_kind_of_job, {"role": "operator"}, "OperatorJobPage", 2),
    Case("list_jobs", 200, "offered, operator", offered, {"role": "operator"}, "OperatorJobPage", 1),
    Case("list_jobs", 400, "status", None, {"role": "operator", "query": {"status": "open"}}),
    Case("list_jobs", 400, "limit", None, {"query": {"limit": "0"}}),
    Case("list_jobs", 403, "customer", None, {"role": "customer"}),
    Case("accept_job", 200, "offered", offered, {"path": JOB_PATH}),
    Case("accept_job", 200, "twice", accepted, {"path": JOB_PATH}),
    Case("accept_job", 403, "operator", None, {"role": "operator"}),
    Case("accept_job", 404, "none", nothing),
    Case("accept_job", 404, "another's", offered, {"path": JOB_PATH, "user": "next"}),
    Case("accept_job", 409, "late", late, {"path": JOB_PATH}),
    Case("decline_job", 200, "offered", offered, {"path": JOB_PATH}),
    Case("decline_job", 200, "twice", declined, {"path": JOB_PATH}),
    Case("decline_job", 403, "customer", None, {"role": "customer"}),
    Case("decline_job", 404, "none", nothing),
    Case("decline_job", 409, "accepted", accepted, {"path": JOB_PATH}),
    Case("complete_job", 200, "accepted", accepted, {"path": JOB_PATH}),
    Case("complete_job", 200, "empty report", accepted, {"path": JOB_PATH, "body": {}}),
    Case("complete_job", 403, "operator", None, {"role": "operator"}),
    Case("complete_job", 404, "none", nothing),
    Case("complete_job", 409, "not accepted", offered, {"path": JOB_PATH}),
    Case("complete_job", 409, "reported otherwise", reported, {"path": JOB_PATH, "body": {}}),
    Case("create_session", 200, "operator"),
    Case("create_session", 200, "customer", None, {"role": "customer"}),
    *(Case(route, 401, "access token", None, {"token_use": "access"}) for route in contract().operations()),
    *(Case(route, 503, "busy", World.busy) for route in contract().operations() if route != "create_session"),
    *(Case(route, 400, "no object", None, {"body": "[]"}) for route in WITH_BODY),
    *(Case(route, 400, "no JSON", None, {"body": "{"}) for route in WITH_BODY),
    *(Case(route, 400, "wrong field", None, {"body": {"value": 7, "meter_id": 7}}) for route in WITH_BODY),
    *(Case(route, 413, "large", None, {"body": {"note": "x" * 65_536}}) for route in WITH_BODY),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_answer_is_as_promised(case: Case, call: Call, request: pytest.FixtureRequest) -> None:
    if case.arrange:
        case.arrange(request.getfixturevalue("world"))
    status, headers, body = call(case.route, **case.sent)
    assert status == case.status, body
    assert contract().answer_faults(case.route, status, headers, body) == []
    if case.shape:
        assert contract().shape_faults(case.shape, body) == []
    if case.items is not None:
        assert len(body["items"]) == case.items
    assert "canary" not in str(body).lower(), "a token, a holder or another person's name"


def test_every_status_is_promised_and_happens() -> None:
    promised = {
        (route, int(status))
        for route, (_, _, spec) in contract().operations().items()
        for status in spec["responses"]
        if int(status) not in GATEWAY
    }
    assert promised == {(case.route, case.status) for case in CASES}


def test_a_page_goes_on(call: Call, world: World) -> None:
    queue(world)
    first = call("list_validations", query={"limit": "2"})[2]
    last = call("list_validations", query={"limit": "2", "next": first["next"]})[2]
    assert contract().answer_faults("list_validations", 200, {"Content-Type": "application/json"}, last) == []
    assert (len(last["items"]), "next" in last) == (1, False)


def test_the_statuses_of_validations(load_handler: Any) -> None:
    app = load_handler("api", "list_validations")
    parameters = contract().operations()["list_validations"][2]["parameters"]
    asked = next(one["schema"]["enum"] for one in parameters if one.get("name") == "status")
    assert set(asked) == {*app.STATUSES, *app.ALIASES}
    assert set(contract().schema("Validation")["properties"]["status"]["enum"]) == set(app.STATUSES)
