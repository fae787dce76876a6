"""The whole machine: the real definition, the real functions, the real routes; only DynamoDB and the bus are moto's."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from meterflow.work_order import JobStatus
from tests.unit.dispatch import CUSTOMER, FAR, JOB, KEY, NEAR, NEXT, Died, Dispatch
from tests.workflow import asl
from tests.workflow.expressions import Failed, Run, run, timed_out

MACHINE = asl.load(asl.FOLDER / "technician_dispatch.asl.json")
PARAMETERS = {"OfferDeadlineSeconds": "900", "CompletionDeadlineSeconds": "86400"}
REQUEST = {"job_key": KEY, "cause": "anomaly", "meter_id": "WTR-0001", "risk_level": "CRITICAL", "reason": "Leak"}
EVENT = {"source": "meterflow", "detail-type": "DispatchRequested", "detail": REQUEST}

# What somebody does while the machine waits. It ends with the deadline if nobody wakes it.
Act = Callable[[Dispatch], object]


def accept(who: str) -> Act:
    return lambda dispatch: dispatch.api("accept_job", who=who)


def decline(who: str) -> Act:
    return lambda dispatch: dispatch.api("decline_job", who=who)


def complete(who: str) -> Act:
    return lambda dispatch: dispatch.api("complete_job", who=who, body={"value": "00123.456"})


def silent(_: Dispatch) -> None:
    return None


class Execution:
    """One execution. `offers[person]` and `reports` (in order) say what people do; `broken` what a step raises."""

    def __init__(
        self,
        dispatch: Dispatch,
        offers: Mapping[str, Act] | None = None,
        reports: tuple[Act, ...] = (),
        broken: Mapping[str, Exception] | None = None,
    ) -> None:
        self.dispatch, self.offers, self.reports = dispatch, offers or {}, list(reports)
        self.broken, self.number = broken or {}, 0

    def run(self, name: str = "run-1", given: Any = EVENT) -> Run:
        tasks = {state: self._answer(state) for state, _ in asl.tasks(MACHINE)}
        return run(MACHINE, given, tasks, substitutions=PARAMETERS, name=name)

    def _answer(self, state: str) -> Callable[[dict[str, Any]], Any]:
        name = "".join(f"_{c.lower()}" if c.isupper() else c for c in state).lstrip("_")

        def answer(payload: dict[str, Any]) -> Any:
            if state in self.broken:
                error = self.broken[state]
                raise error if isinstance(error, Failed) else Failed(type(error).__name__)
            if "task_token" not in payload:
                return self._step(name, payload)
            self.number += 1
            token = f"token-{id(self)}-{self.number}"
            self._step(name, {**payload, "task_token": token})
            if token not in self.dispatch.told:
                act = self.offers.get(payload["technician_id"], silent) if state == "OfferJob" else self._report()
                act(self.dispatch)
            self.dispatch.over.add(token)
            return self.dispatch.told.get(token, timed_out())

        return answer

    def _step(self, name: str, payload: dict[str, Any]) -> Any:
        try:
            return self.dispatch.step(name, **payload)
        except Exception as error:
            raise Failed(type(error).__name__, str(error)) from error

    def _report(self) -> Act:
        return self.reports.pop(0) if self.reports else silent


def told(dispatch: Dispatch) -> list[str]:
    return [event["status"] for event in dispatch.events("JobChanged")]


def test_accepted_and_done(dispatch: Dispatch) -> None:
    result = Execution(dispatch, {NEAR: accept(NEAR)}, (complete(NEAR),)).run()
    assert (result.status, result.output) == ("SUCCEEDED", {"job_id": JOB, "status": "DONE"})
    assert result.path == [
        "CreateJob", "JobIsOurs", "ChooseTechnician", "TechnicianFound", "OfferJob", "RecordAnswer", "OfferAccepted",
        "AnnounceJob", "JobAnnounced", "AwaitCompletion", "CloseJob", "JobDone", "AnnounceJob", "JobAnnounced",
        "JobEnded",
    ]  # fmt: skip
    assert told(dispatch) == ["ACCEPTED", "DONE"]
    assert (dispatch.job.status, dispatch.loads()[NEAR], dispatch.open_job()) == (JobStatus.DONE, 0, None)


def test_the_bare_input_works_too(dispatch: Dispatch) -> None:
    assert Execution(dispatch, {NEAR: accept(NEAR)}, (complete(NEAR),)).run(given=REQUEST).output["status"] == "DONE"


def test_no_then_silence_then_yes(dispatch: Dispatch) -> None:
    people = {NEAR: decline(NEAR), NEXT: silent, FAR: accept(FAR)}
    result = Execution(dispatch, people, (complete(FAR),)).run()
    assert result.output == {"job_id": JOB, "status": "DONE"}
    assert [(offer.technician_id, offer.answer) for offer in dispatch.job.offers] == [
        (NEAR, "DECLINED"),
        (NEXT, "SILENT"),
        (FAR, "ACCEPTED"),
    ]
    assert [event["technician_id"] for event in dispatch.events("JobOffered")] == [NEAR, NEXT, FAR]
    assert len({event["event_id"] for event in dispatch.events("JobOffered")}) == 3


def test_nobody_is_an_end_not_a_failure(dispatch: Dispatch) -> None:
    result = Execution(dispatch).run()
    assert (result.status, result.output) == ("SUCCEEDED", {"job_id": JOB, "status": "ESCALATED"})
    assert told(dispatch) == ["ESCALATED"]
    assert [event["reason"] for event in dispatch.events("JobEscalated")] == ["NOBODY"]


def test_late_is_told_to_operators_and_waited_for(dispatch: Dispatch) -> None:
    result = Execution(dispatch, {NEAR: accept(NEAR)}, (silent, complete(NEAR))).run()
    assert result.output == {"job_id": JOB, "status": "DONE"}
    assert result.path.count("AwaitCompletion") == 2
    assert [event["reason"] for event in dispatch.events("JobEscalated")] == ["LATE"]
    assert len(dispatch.job.offers) == 1, "never given to a second person"
    assert told(dispatch) == ["ACCEPTED", "DONE"]


def test_given_up_in_the_end(dispatch: Dispatch) -> None:
    result = Execution(dispatch, {NEAR: accept(NEAR)}, (silent, silent)).run()
    assert result.output == {"job_id": JOB, "status": "ESCALATED"}
    assert [event["reason"] for event in dispatch.events("JobEscalated")] == ["LATE", "ABANDONED"]
    assert dispatch.api("complete_job", body={})[0] == 409


def test_a_yes_whose_wake_up_is_lost(dispatch: Dispatch) -> None:
    def dies_before_waking(one: Dispatch) -> None:
        one.die_at(3)
        with pytest.raises(Died):
            one.api("accept_job")

    result = Execution(dispatch, {NEAR: dies_before_waking}, (complete(NEAR),)).run()
    assert result.output == {"job_id": JOB, "status": "DONE"}
    assert [offer.answer for offer in dispatch.job.offers] == ["ACCEPTED"]


def test_a_report_whose_wake_up_is_lost(dispatch: Dispatch) -> None:
    def dies_before_waking(one: Dispatch) -> None:
        one.die_at(3)
        with pytest.raises(Died):
            one.api("complete_job", body={})

    result = Execution(dispatch, {NEAR: accept(NEAR)}, (dies_before_waking,)).run()
    assert result.output == {"job_id": JOB, "status": "DONE"}
    assert dispatch.events("JobEscalated") == []


def test_the_same_event_twice(dispatch: Dispatch) -> None:
    Execution(dispatch, {NEAR: accept(NEAR)}, (complete(NEAR),)).run()
    published = len(dispatch.published)
    second = Execution(dispatch).run("run-2")
    assert (second.status, second.path) == ("SUCCEEDED", ["CreateJob", "JobIsOurs", "JobEnded"])
    assert len(dispatch.published) == published


@pytest.mark.parametrize(
    ("offers", "reports", "status"),
    [
        ({NEAR: accept(NEAR)}, (complete(NEAR),), "DONE"),
        ({NEAR: decline(NEAR), NEXT: accept(NEXT)}, (complete(NEXT),), "DONE"),
        ({}, (), "ESCALATED"),
        ({NEAR: accept(NEAR)}, (silent, complete(NEAR)), "DONE"),
    ],
)
def test_run_again_from_the_start_it_changes_and_tells_nothing_new(
    dispatch: Dispatch, offers: Mapping[str, Act], reports: tuple[Act, ...], status: str
) -> None:
    # The laptop cloud's redrive is stricter than AWS's: it runs every step again under the same name.
    first = Execution(dispatch, offers, reports).run()
    job, seen = dispatch.job, {detail["event_id"] for _, detail in dispatch.published}
    again = Execution(dispatch).run()
    assert (first.output["status"], again.output["status"]) == (status, status)
    assert dispatch.job == job
    assert {detail["event_id"] for _, detail in dispatch.published} == seen
    assert set(dispatch.loads().values()) == {0}


@pytest.mark.parametrize("state", ["ChooseTechnician", "OfferJob", "RecordAnswer", "AwaitCompletion", "CloseJob"])
def test_a_lasting_fault_is_told_and_a_redrive_finishes(dispatch: Dispatch, state: str) -> None:
    offers, reports = {NEAR: accept(NEAR)}, (complete(NEAR),)
    broken = Execution(dispatch, offers, reports, {state: RuntimeError()}).run()
    assert (broken.status, broken.error) == ("FAILED", "DispatchFailed")
    assert broken.cause == "RuntimeError"
    assert [event["reason"] for event in dispatch.events("JobEscalated")] == ["FAULT"]
    mended = Execution(dispatch, offers, reports).run()
    assert mended.output == {"job_id": JOB, "status": "DONE"}
    assert [offer.answer for offer in dispatch.job.offers] == ["ACCEPTED"]
    assert told(dispatch) == ["ACCEPTED", "DONE"]


def test_a_message_that_cannot_be_sent_does_not_stop_the_work(dispatch: Dispatch) -> None:
    offers, reports = {NEAR: accept(NEAR)}, (complete(NEAR),)
    result = Execution(dispatch, offers, reports, {"AnnounceJob": RuntimeError()}).run()
    assert (result.status, result.error) == ("FAILED", "DispatchFailed")
    assert dispatch.job.status is JobStatus.DONE
    Execution(dispatch).run()
    assert told(dispatch) == ["ACCEPTED", "DONE"]


def test_no_job_no_operators_but_a_name(dispatch: Dispatch) -> None:
    result = Execution(dispatch).run(given={**REQUEST, "meter_id": "WTR-9999"})
    assert (result.status, result.error) == ("FAILED", "JobNotCreated")
    assert dispatch.published == []


def test_nothing_personal_is_in_the_state(dispatch: Dispatch) -> None:
    result = Execution(dispatch, {NEAR: decline(NEAR), NEXT: accept(NEXT)}, (silent, complete(NEXT))).run()
    everything = str(result.calls) + str(result.variables) + str(result.output) + str(dispatch.published)
    for word in ("Canary", "canary", "+49", "Marienplatz"):
        assert word not in everything
    assert CUSTOMER in str(dispatch.published)


def test_a_wait_that_ends_before_the_offer_was_made_is_a_fault(dispatch: Dispatch) -> None:
    # As on the laptop cloud, where a callback's function that fails is not heard of: only the deadline is.
    execution = Execution(dispatch)
    execution.broken = {"OfferJob": Failed("States.Timeout")}
    result = execution.run()
    assert (result.status, result.error, result.cause) == ("FAILED", "DispatchFailed", "BrokenInvariant")
    assert [event["reason"] for event in dispatch.events("JobEscalated")] == ["FAULT"]
