"""POST /validations/{submission_id}/correction."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from meterflow import clock
from meterflow.adapters import reviews, task_tokens
from meterflow.contracts.image_validation import ReviewRequest

PATH = {"submission_id": "s-1"}
BODY = {"value": "00110.500", "reason": "The red wheels are readable."}


class Machines:
    """Step Functions as far as task tokens go."""

    def __init__(self) -> None:
        self.waiting: set[str] = set()
        self.answers: list[tuple[str, str]] = []
        self.dies = False

    def send_task_success(self, *, taskToken: str, output: str) -> None:  # noqa: N803
        if self.dies:
            raise MemoryError
        if taskToken not in self.waiting:
            raise ClientError({"Error": {"Code": "TaskTimedOut", "Message": "Task Timed Out"}}, "SendTaskSuccess")
        self.waiting.discard(taskToken)
        self.answers.append((taskToken, output))


@pytest.fixture
def machines(monkeypatch: pytest.MonkeyPatch) -> Machines:
    stand_in = Machines()
    monkeypatch.setattr(task_tokens, "client", lambda _service: stand_in)
    return stand_in


@pytest.fixture
def pending(meter: Any, machines: Machines) -> None:
    """A review of s-1 that waits for its token."""
    meter()
    now = clock.now()
    reviews.open_review(
        ReviewRequest(
            submission_id="s-1",
            meter_id="WTR-0001",
            customer_id="c",
            value="00110.000",
            taken_at="2026-11-20T08:00:00Z",
        ),
        holder="h",
        task_token="t1",
        escalated=False,
        deadline_at=now + timedelta(days=1),
        kept_key=None,
        now=now,
    )
    machines.waiting.add("t1")


def correct(call: Any, body: Any = BODY, groups: str = "operator", **more: Any) -> int:
    status: int = call("correct_reading", body, path=PATH, groups=groups, **more)[0]
    return status


def stored() -> reviews.Review:
    found = reviews.get("s-1")
    assert found is not None
    return found


@pytest.mark.usefixtures("pending")
@pytest.mark.parametrize("groups", ["operator", "technician"])
def test_a_decision_is_recorded_and_wakes_the_machine(call: Any, machines: Machines, groups: str) -> None:
    status, answer = call("correct_reading", BODY, path=PATH, groups=groups, user="op")
    assert (status, answer) == (200, {"submission_id": "s-1", "status": "DECIDED", "value": "00110.500"})
    decision = stored().decision
    assert decision is not None
    assert (decision.value, decision.reason, decision.decided_by) == ("00110.500", BODY["reason"], "op")
    # The reason is a person's own words: it stays in the table.
    assert machines.answers == [("t1", '{"decision": "DECIDED"}')]


@pytest.mark.usefixtures("pending")
def test_customers_may_not(call: Any, machines: Machines) -> None:
    assert correct(call, groups="") == 403
    assert (stored().status, machines.answers) == ("PENDING_REVIEW", [])


@pytest.mark.usefixtures("pending")
def test_the_second_decision_is_late(call: Any, machines: Machines) -> None:
    assert correct(call) == 200
    assert correct(call, {**BODY, "value": "00111.000"}) == 409
    assert correct(call) == 409
    assert len(machines.answers) == 1
    assert stored().decision is not None
    assert stored().decision.value == "00110.500"  # type: ignore[union-attr]


@pytest.mark.usefixtures("pending")
def test_dying_between_record_and_wake_up_is_completed_by_the_same_call(call: Any, machines: Machines) -> None:
    machines.dies = True
    with pytest.raises(MemoryError):
        correct(call)
    assert (stored().status, machines.answers) == ("DECIDED", [])
    machines.dies = False
    # Neither another person nor another value takes the place of what was recorded.
    assert correct(call, user="another") == 409
    assert correct(call, {**BODY, "value": "1"}) == 409
    assert machines.answers == []
    assert correct(call) == 200
    assert len(machines.answers) == 1


@pytest.mark.usefixtures("pending")
def test_a_lost_token_is_told_and_the_decision_kept(call: Any, machines: Machines) -> None:
    machines.waiting.clear()
    assert correct(call) == 409
    assert stored().status == "DECIDED"


@pytest.mark.usefixtures("pending")
def test_an_expired_review_is_closed(call: Any, machines: Machines) -> None:
    reviews.expire("s-1", "h", clock.now())
    assert correct(call) == 409
    assert (stored().status, stored().decision, machines.answers) == ("EXPIRED", None, [])


@pytest.mark.usefixtures("aws")
def test_an_unknown_submission(call: Any, machines: Machines) -> None:  # noqa: ARG001
    assert correct(call) == 404
    assert reviews.get("s-1") is None


@pytest.mark.usefixtures("pending")
@pytest.mark.parametrize("value", ["100000", "99999.9999", "0.0001"])
def test_what_the_register_cannot_show(call: Any, machines: Machines, value: str) -> None:
    status, problem = call("correct_reading", {**BODY, "value": value}, path=PATH, groups="operator")
    assert (status, problem["errors"][0]["field"]) == (400, "value")
    assert (stored().status, machines.answers) == ("PENDING_REVIEW", [])


@pytest.mark.usefixtures("pending")
@pytest.mark.parametrize("value", ["0000110.5", "110", "99999.999"])
def test_leading_zeros_and_missing_decimals_are_fine(call: Any, value: str) -> None:
    assert correct(call, {**BODY, "value": value}) == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"value": "-1"}, "value"),
        ({"value": "1e3"}, "value"),
        ({"value": 110.5}, "value"),
        ({"value": "١٢٣"}, "value"),
        ({"value": "1\n"}, "value"),
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"reason": None}, "reason"),
    ],
)
def test_bad_bodies(call: Any, change: dict[str, Any], field: str) -> None:
    status, problem = call("correct_reading", {**BODY, **change}, path=PATH, groups="operator")
    assert (status, problem["errors"][0]["field"]) == (400, field)


@pytest.mark.usefixtures("pending")
def test_an_outage_is_told_as_such_and_the_same_call_completes_it(
    call: Any, machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Down:
        def send_task_success(self, **_arguments: Any) -> None:
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "SendTaskSuccess")

    monkeypatch.setattr(task_tokens, "client", lambda _service: Down())
    assert correct(call) == 503
    monkeypatch.setattr(task_tokens, "client", lambda _service: machines)
    assert correct(call) == 200
