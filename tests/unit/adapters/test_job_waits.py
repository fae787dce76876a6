import pytest
from botocore.exceptions import ClientError

from meterflow.adapters import job_waits
from meterflow.adapters.jobs import Stored
from meterflow.errors import TransientError
from tests.unit.dispatch import Dispatch, at_work
from tests.unit.domain.orders import order


@pytest.fixture
def dispatch(request: pytest.FixtureRequest) -> Dispatch:
    return at_work(request)


WAITING = Stored(order(), 1, waits_for="offer-1", task_token="token-1")


class Refusing:
    def __init__(self, code: str) -> None:
        self.code = code

    def send_task_success(self, **_: str) -> None:
        raise ClientError({"Error": {"Code": self.code, "Message": ""}}, "SendTaskSuccess")


def test_the_wait_is_answered(dispatch: Dispatch) -> None:
    assert job_waits.wake(WAITING, "offer-1", {"answer": "ACCEPTED"})
    assert dispatch.told == {"token-1": {"answer": "ACCEPTED"}}


def test_an_answer_never_reaches_another_wait(dispatch: Dispatch) -> None:
    assert not job_waits.wake(WAITING, "completion", {"outcome": "COMPLETED"})
    assert not job_waits.wake(Stored(order(), 1), "offer-1", {"answer": "ACCEPTED"})
    assert dispatch.told == {}


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_a_wait_that_is_over_is_no_failure(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(job_waits, "client", lambda _: Refusing(code))
    assert not job_waits.wake(WAITING, "offer-1", {})


def test_an_outage_is_one_and_a_bug_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_waits, "client", lambda _: Refusing("ThrottlingException"))
    with pytest.raises(TransientError):
        job_waits.wake(WAITING, "offer-1", {})
    monkeypatch.setattr(job_waits, "client", lambda _: Refusing("AccessDeniedException"))
    with pytest.raises(ClientError):
        job_waits.wake(WAITING, "offer-1", {})
