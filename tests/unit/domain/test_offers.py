from datetime import timedelta

import pytest

from meterflow.assignment import PassedOver
from meterflow.offers import PASSED_OVER_KEPT, answer, answer_of, offer, offer_wait
from meterflow.work_order import Answer, JobStatus, Verdict
from tests.unit.domain.orders import DEADLINE, START, accepted, choice, offered, order

IN_TIME, TOO_LATE = START + DEADLINE - timedelta(milliseconds=1), START + DEADLINE


def test_an_open_job_is_offered() -> None:
    change = offer(order(), choice(), "run-1", DEADLINE, START)
    assert (change.verdict, change.waits) == (Verdict.APPLIED, offer_wait(1))
    assert (change.job.status, change.job.technician_id) == (JobStatus.OFFERED, "A")
    assert change.job.last_offer is not None
    assert change.job.last_offer.expires_at == START + DEADLINE


def test_a_retried_offer_is_the_same_offer_with_a_new_deadline() -> None:
    later = START + timedelta(seconds=30)
    change = offer(offered(), choice(), "run-1", DEADLINE, later)
    assert (change.verdict, change.waits, len(change.job.offers)) == (Verdict.REPEATED, offer_wait(1), 1)
    assert change.job.offers[0].expires_at == later + DEADLINE
    assert change.job.offers[0].offered_at == START


def test_two_dispatchers_one_offer() -> None:
    assert offer(offered("A"), choice("B"), "run-1", DEADLINE, START).verdict is Verdict.CLOSED
    assert offer(offered("A"), choice("A"), "run-2", DEADLINE, START).verdict is Verdict.CLOSED
    assert offer(order(), choice("A"), "run-2", DEADLINE, START).verdict is Verdict.CLOSED
    assert offer(order(), choice(None), "run-1", DEADLINE, START).verdict is Verdict.CLOSED


@pytest.mark.parametrize("said", list(Answer))
def test_nobody_is_asked_twice(said: Answer) -> None:
    job = answer(offered(), "A", said, START).job
    change = offer(job, choice("A"), "run-1", DEADLINE, START)
    assert (change.verdict, change.job, change.waits) == (Verdict.ANSWERED, job, None)


def test_only_so_many_reasons_are_kept() -> None:
    many = tuple(PassedOver(technician_id=f"T{number}", reason="farther") for number in range(50))
    full = choice().model_copy(update={"passed_over": many})
    job = offer(order(), full, "run-1", DEADLINE, START).job
    assert len(job.offers[0].passed_over) == PASSED_OVER_KEPT


def test_yes_no_and_silence() -> None:
    yes = answer(offered(), "A", Answer.ACCEPTED, IN_TIME).job
    assert (yes.status, yes.technician_id, yes.assigned_to) == (JobStatus.ACCEPTED, "A", "A")
    for said in (Answer.DECLINED, Answer.SILENT):
        no = answer(offered(), "A", said, IN_TIME).job
        assert (no.status, no.technician_id, no.assigned_to, no.asked) == (JobStatus.OPEN, None, None, {"A"})


def test_the_first_answer_stays() -> None:
    yes = accepted()
    assert answer(yes, "A", Answer.ACCEPTED, TOO_LATE).verdict is Verdict.REPEATED
    for said in (Answer.DECLINED, Answer.SILENT):
        change = answer(yes, "A", said, START)
        assert (change.verdict, change.job) == (Verdict.ANSWERED, yes)


def test_late_is_late_before_and_after_the_machine_noticed() -> None:
    assert answer(offered(), "A", Answer.ACCEPTED, TOO_LATE).verdict is Verdict.LATE
    silent = answer(offered(), "A", Answer.SILENT, START).job
    assert answer(silent, "A", Answer.ACCEPTED, IN_TIME).verdict is Verdict.LATE
    assert answer(silent, "A", Answer.DECLINED, IN_TIME).verdict is Verdict.LATE


def test_the_machines_word_of_silence_has_no_deadline() -> None:
    assert answer(offered(), "A", Answer.SILENT, TOO_LATE).verdict is Verdict.APPLIED


def test_a_stranger_has_no_answer() -> None:
    assert answer(offered("A"), "B", Answer.ACCEPTED, START).verdict is Verdict.NOT_YOURS
    assert answer_of(offered("A"), "A") is None


def test_who_said_no_stays_so_when_the_next_is_asked() -> None:
    second = offered("B", answer(offered("A"), "A", Answer.DECLINED, START).job)
    assert second.offers[-1].number == 2
    assert answer(second, "A", Answer.DECLINED, START).verdict is Verdict.REPEATED
    assert answer(second, "A", Answer.ACCEPTED, START).verdict is Verdict.ANSWERED


def test_a_cancelled_offer_is_closed() -> None:
    job = offered().model_copy(update={"status": JobStatus.CANCELLED})
    assert answer(job, "A", Answer.ACCEPTED, START).verdict is Verdict.CLOSED
