"""POST /validations/{submission_id}/correction."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from meterflow import clock
from meterflow.adapters import reviews, task_tokens, validation_results
from meterflow.contracts.image_validation import ReviewRequest
from meterflow.review_decision import Stage

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


def ask(machines: Machines, token: str, stage: Stage = Stage.FIRST, **more: Any) -> reviews.Review | None:
    """The machine asks for a review of s-1 and waits for its token."""
    now = clock.now()
    request = {
        "submission_id": "s-1",
        "meter_id": "WTR-0001",
        "customer_id": "c",
        "value": "00110.000",
        "taken_at": "2026-11-20T08:00:00Z",
    }
    other = reviews.open_review(
        ReviewRequest.model_validate(request | more),
        holder="h",
        task_token=token,
        escalated=False,
        deadline_at=now + timedelta(days=1),
        kept_key=None,
        now=now,
        stage=stage,
    )
    if other is None:
        machines.waiting.add(token)
    return other


@pytest.fixture
def pending(meter: Any, machines: Machines) -> None:
    """A review of s-1 that waits for its token."""
    meter(owner="its-owner")
    ask(machines, "t1")


@pytest.fixture
def contested(meter: Any, machines: Machines) -> None:
    """A review of s-1 in which a sure reader contradicts the customer."""
    meter(owner="its-owner")
    ask(machines, "t1", verdict="MISMATCH", reading="00210.000")


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
    shown = {"submission_id": "s-1", "status": "DECIDED", "value": "00110.500", "outcome": "DECIDED"}
    assert (status, answer) == (200, shown)
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
    assert correct(call, {**BODY, "reason": "Another reason."}) == 409
    assert correct(call, user="another") == 409
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
def test_the_same_call_repeats_its_answer(call: Any, machines: Machines) -> None:
    first = call("correct_reading", BODY, path=PATH, groups="operator", user="op")
    row = stored()
    assert call("correct_reading", BODY, path=PATH, groups="operator", user="op") == first
    assert (stored(), len(machines.answers)) == (row, 1)


@pytest.mark.usefixtures("pending")
def test_a_lost_token_loses_no_decision(call: Any, machines: Machines) -> None:
    # The machine is between two waits; it finds the decision when it asks again.
    machines.waiting.clear()
    assert correct(call) == 200
    assert stored().status == "DECIDED"
    assert correct(call) == 200


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


# --- two people, and a third -------------------------------------------------------------------------------------


def say(call: Any, value: str, who: str, groups: str = "technician") -> tuple[int, str | None]:
    status, answer = call("correct_reading", {**BODY, "value": value}, path=PATH, groups=groups, user=who)
    return status, answer.get("outcome")


@pytest.mark.usefixtures("contested")
@pytest.mark.parametrize("value", ["00110.000", "00210.000", "210", "00209.999"])
def test_who_sides_with_customer_or_reader_decides_alone(call: Any, value: str) -> None:
    assert say(call, value, "ann") == (200, "DECIDED")
    decision = stored().decision
    assert decision is not None
    assert decision.agreement == "ONE"


@pytest.mark.usefixtures("contested")
def test_a_third_value_needs_a_second_person_and_two_settle_it(call: Any, machines: Machines) -> None:
    assert say(call, "00150.002", "ann") == (200, "SECOND_OPINION")
    assert (stored().status, stored().decision) == ("PENDING_REVIEW", None)
    assert machines.answers == [("t1", '{"decision": "SECOND_OPINION"}')]
    assert ask(machines, "t2", Stage.SECOND) is None
    # Not the same person, with this value or another.
    assert say(call, "00150.003", "ann") == (409, None)
    assert say(call, "00150.001", "bob") == (200, "DECIDED")
    assert machines.answers[1:] == [("t2", '{"decision": "DECIDED"}')]
    decision = stored().decision
    assert decision is not None
    # The last wheel was turning: the lower of the two counts, and it is his.
    assert (decision.value, decision.decided_by, decision.agreement) == ("00150.001", "bob", "TWO")


@pytest.mark.usefixtures("contested")
def test_two_who_differ_leave_it_to_an_operator(call: Any, machines: Machines) -> None:
    say(call, "00150.000", "ann")
    ask(machines, "t2", Stage.SECOND)
    assert say(call, "00160.000", "bob", "operator") == (200, "DISAGREED")
    ask(machines, "t3", Stage.LEAD)
    assert say(call, "00150.000", "cat") == (403, None), "a technician does not decide between two"
    assert say(call, "00150.000", "bob", "operator") == (409, None), "nor does one of the two"
    assert say(call, "00150.000", "dan", "operator") == (200, "DECIDED")
    assert machines.answers[2:] == [("t3", '{"decision": "DECIDED"}')]
    decision = stored().decision
    assert decision is not None
    assert (decision.value, decision.decided_by, decision.agreement) == ("00150.000", "dan", "MAJORITY")
    assert [one.decided_by for one in stored().opinions] == ["ann", "bob", "dan"]


@pytest.mark.usefixtures("contested")
def test_much_money_needs_a_second_person_although_the_customer_said_it(call: Any, machines: Machines) -> None:
    # 99 000 m3 at 2 EUR: above what one person may move, and even one with the reader.
    assert say(call, "99000.000", "ann") == (200, "SECOND_OPINION")
    assert len(stored().opinions) == 1
    assert machines.answers == [("t1", '{"decision": "SECOND_OPINION"}')]


@pytest.mark.usefixtures("contested")
def test_dying_between_record_and_wake_up_at_the_first_opinion(call: Any, machines: Machines) -> None:
    machines.dies = True
    with pytest.raises(MemoryError):
        say(call, "00150.000", "ann")
    machines.dies = False
    assert (stored().stage, machines.answers) == ("SECOND", [])
    # The same call wakes the machine; called once more it finds nobody waiting and says the same.
    assert say(call, "00150.000", "ann") == (200, "SECOND_OPINION")
    assert machines.answers == [("t1", '{"decision": "SECOND_OPINION"}')]
    ask(machines, "t2", Stage.SECOND)
    # A late repetition must not answer the second person's token.
    assert say(call, "00150.000", "ann") == (200, "SECOND_OPINION")
    assert machines.answers == [("t1", '{"decision": "SECOND_OPINION"}')]
    assert machines.waiting == {"t2"}


@pytest.mark.usefixtures("contested")
def test_a_second_person_before_the_machine_asks_for_one(call: Any, machines: Machines) -> None:
    machines.waiting.clear()  # the first wait timed out
    assert say(call, "00150.000", "ann") == (200, "SECOND_OPINION")
    assert say(call, "00150.000", "bob") == (200, "DECIDED")
    assert machines.answers == []
    found = ask(machines, "t2")
    assert found is not None
    assert found.said == "DECIDED"


@pytest.mark.usefixtures("contested")
def test_two_first_opinions_at_once_are_a_first_and_a_second(
    call: Any, machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = reviews.give_opinion

    def overtaken(submission_id: str, opinion: Any, decision: Any) -> bool:
        # While ann's call is between its read and its write, bob's goes through.
        monkeypatch.setattr(reviews, "give_opinion", real)
        assert say(call, "00150.000", "bob") == (200, "SECOND_OPINION")
        return real(submission_id, opinion, decision)

    monkeypatch.setattr(reviews, "give_opinion", overtaken)
    assert say(call, "00150.000", "ann") == (200, "DECIDED")
    assert [(one.decided_by, one.stage) for one in stored().opinions] == [("bob", "FIRST"), ("ann", "SECOND")]
    assert machines.answers == [("t1", '{"decision": "SECOND_OPINION"}')]


@pytest.mark.usefixtures("pending")
def test_an_unsure_reader_is_no_second_voice(call: Any) -> None:
    assert say(call, "00150.000", "ann") == (200, "DECIDED")


@pytest.mark.usefixtures("contested")
def test_a_decision_from_before_opinions_were_kept_repeats_its_answer(call: Any) -> None:
    words = {"value": BODY["value"], "reason": BODY["reason"], "decided_by": "op", "decided_at": "2026-11-20T09:00:00Z"}
    table = validation_results.results()
    table.update_item(
        Key={"result_id": "submission#s-1"},
        UpdateExpression="SET #status = :d, decision = :w REMOVE stage",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":d": "DECIDED", ":w": words},
    )
    assert say(call, BODY["value"], "op") == (200, "DECIDED")
    assert say(call, BODY["value"], "another") == (409, None)


@pytest.mark.parametrize("groups", ["operator", "technician"])
@pytest.mark.usefixtures("pending")
def test_nobody_decides_about_a_meter_of_their_own(call: Any, machines: Machines, groups: str) -> None:
    status, problem = call("correct_reading", BODY, path=PATH, user="its-owner", groups=groups)
    assert (status, problem["title"]) == (403, "This is your own meter")
    review = reviews.get("s-1")
    assert review
    assert (review.status, review.opinions, machines.answers) == ("PENDING_REVIEW", (), [])


@pytest.mark.usefixtures("contested")
def test_nor_as_the_second_person(call: Any) -> None:
    other = BODY | {"value": "00110.900"}
    assert (
        call("correct_reading", other, path=PATH, user="first", groups="technician")[1]["outcome"] == "SECOND_OPINION"
    )
    assert call("correct_reading", other, path=PATH, user="its-owner", groups="operator")[0] == 403
    assert call("correct_reading", other, path=PATH, user="second", groups="operator")[1]["outcome"] == "DECIDED"
