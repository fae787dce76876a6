"""A function's process dies in the middle: the step runs again, and nothing is lost, doubled or left undecided.

The victims are the emulator's workers. One that is stopped (SIGSTOP) takes its invocation and does nothing, so killing
it then is a death in the middle; the loop at the end kills at random moments, before, during and after each effect.
"""

import contextlib
import random
import signal
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psutil
import pytest

from cli import follow
from meterflow import ids
from meterflow.clock import now, to_text
from tests.integration.conftest import HOME, Cloud
from tests.integration.test_dispatch import ask, nobody_left, offered, wanted

SEED = 20261121
SUBMISSIONS = 10
# How long the random killing goes on, and how long a victim is chosen after the one before (seconds).
KILLING = 15.0
PAUSES = (0.1, 0.6)
# A worker that is younger may still be starting, which is another matter: on AWS no invocation has begun then.
GROWN = 3.0
# A cold worker takes half a second on a quiet machine and ten on a busy one.
PATIENCE = 150
STEPS = (
    "ValidateReading",
    "RecordReading",
    "LoadHistory",
    "ScoreReading",
    "SettleReading",
    "AnnounceOutcome",
    "ClaimMessage",
    "ComposeMessage",
    "SendMessage",
    "SettleMessage",
    "SubmitReading",
)


def workers(name: str, age: float = 0) -> list[psutil.Process]:
    """The processes of the function `name` (its logical id without "Function") that have lived for `age` seconds."""
    folder = f"{HOME / 'tmp' / 'ministack-lambda-'}"
    found = []
    for process in psutil.process_iter(["cmdline", "create_time"]):
        script = next((part for part in process.info["cmdline"] or [] if part.startswith(folder)), "")
        if f"-{name}Function-" in script and time.time() - process.info["create_time"] >= age:
            found.append(process)
    return found


@contextmanager
def frozen(name: str) -> Iterator[list[psutil.Process]]:
    """Every worker of the function stopped; whichever is not killed goes on afterwards."""
    victims = workers(name)
    assert victims, f"{name} has never run here"
    for process in victims:
        process.send_signal(signal.SIGSTOP)
    try:
        yield victims
    finally:
        for process in victims:
            if process.is_running():
                process.send_signal(signal.SIGCONT)


def kill(victims: list[psutil.Process]) -> None:
    for process in victims:
        process.kill()


def entered(laptop: Cloud, execution: str, state: str) -> bool:
    """Whether the execution is, or was, in `state`."""
    events = laptop.client("stepfunctions").get_execution_history(executionArn=execution, maxResults=1000)["events"]
    return any(event.get("stateEnteredEventDetails", {}).get("name") == state for event in events)


def execution_of(laptop: Cloud, submission_id: str) -> str:
    return follow.execution_arn(laptop.outputs["MeterSubmissionStateMachineArn"], submission_id)


def about(laptop: Cloud, machine: str, text: str) -> str | None:
    """The newest execution of the machine whose input holds `text`."""
    states = laptop.client("stepfunctions")
    newest = states.list_executions(stateMachineArn=laptop.outputs[f"{machine}StateMachineArn"], maxResults=60)
    arns = [one["executionArn"] for one in newest["executions"]]
    return next((arn for arn in arns if text in states.describe_execution(executionArn=arn)["input"]), None)


def failures(laptop: Cloud, execution: str) -> list[str]:
    """The names of the errors that the execution's tasks ended with."""
    events = laptop.client("stepfunctions").get_execution_history(executionArn=execution, maxResults=1000)["events"]
    details = ("taskFailedEventDetails", "lambdaFunctionFailedEventDetails")
    return [event[name]["error"] for event in events for name in details if name in event]


def ledger(laptop: Cloud, event_id: str, recipient: str) -> dict[str, Any]:
    key = {"notification_id": ids.derived_id(event_id, recipient)}
    row: dict[str, Any] = laptop.table("Notifications").get_item(Key=key).get("Item", {})
    return row


def owner(laptop: Cloud, meter_id: str) -> str:
    return str(laptop.table("Meters").get_item(Key={"meter_id": meter_id})["Item"]["owner"])


@pytest.fixture(scope="module")
def warm(laptop: Cloud) -> None:
    """Every function on the way has a worker."""
    submission_id = laptop.submit(laptop.new_meter(), "00001.000")
    laptop.settled(submission_id)
    laptop.eventually(lambda: laptop.messages(submission_id))


@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize("step", ["ValidateReading", "RecordReading", "SettleReading", "AnnounceOutcome"])
def test_a_step_of_a_submission_that_dies_runs_again(laptop: Cloud, step: str) -> None:
    meter_id = laptop.new_meter()
    with frozen(step) as victims:
        submission_id = laptop.submit(meter_id, "00010.000")
        execution = execution_of(laptop, submission_id)
        laptop.eventually(lambda: entered(laptop, execution, step))
        time.sleep(0.3)
        kill(victims)
    result = laptop.settled(submission_id)
    assert failures(laptop, execution) == ["Runtime.ExitError"]
    assert result["status"] == "ACCEPTED", result
    readings = laptop.session("customer").call("GET", f"/meters/{meter_id}/readings")["items"]
    assert [item["submission_id"] for item in readings] == [submission_id]
    laptop.eventually(lambda: ledger(laptop, submission_id, owner(laptop, meter_id)).get("settled_at"))
    assert len(laptop.messages(submission_id)) == 1


@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize("step", ["ClaimMessage", "ComposeMessage", "SendMessage", "SettleMessage"])
def test_a_step_of_a_message_that_dies_runs_again(laptop: Cloud, step: str) -> None:
    meter_id = laptop.new_meter()
    with frozen(step) as victims:
        submission_id = laptop.submit(meter_id, "00010.000")
        execution = laptop.eventually(lambda: about(laptop, "MaintenanceNotification", submission_id))
        laptop.eventually(lambda: entered(laptop, execution, step))
        time.sleep(0.3)
        kill(victims)
    row = laptop.eventually(
        lambda: (found := ledger(laptop, submission_id, owner(laptop, meter_id))).get("settled_at") and found
    )
    assert row["status"] == "SENT"
    assert failures(laptop, execution) == ["Runtime.ExitError"]
    assert len(laptop.messages(submission_id)) == 1


def test_a_dispatch_that_dies_while_the_job_is_made_makes_one_job(laptop: Cloud) -> None:
    first = ask(laptop, wanted(laptop.new_meter()))
    offered(laptop, first)
    detail = wanted(laptop.new_meter())
    with frozen("CreateJob") as victims:
        job_id = ask(laptop, detail)
        execution = laptop.eventually(lambda: about(laptop, "TechnicianDispatch", detail["job_key"]))
        laptop.eventually(lambda: entered(laptop, execution, "CreateJob"))
        time.sleep(0.3)
        kill(victims)
    job = offered(laptop, job_id)
    assert failures(laptop, execution) == ["Runtime.ExitError"]
    assert len(job["offers"]) == 1
    nobody_left(laptop, first)
    nobody_left(laptop, job_id)


class Killer(threading.Thread):
    """Kills workers of the steps at random: those at work, or all of one step after they were stopped for a moment."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.random = random.Random(SEED)
        self.over = threading.Event()
        self.killed = 0

    def run(self) -> None:
        while not self.over.wait(self.random.uniform(*PAUSES)):
            victims = self.at_work() if self.random.random() < 0.5 else self.stopped()
            for process in victims:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
                    self.killed += 1

    def at_work(self) -> list[psutil.Process]:
        """One worker that used the processor just now: it is in the middle of something."""
        before = {process: process.cpu_times() for step in STEPS for process in workers(step, GROWN)}
        time.sleep(0.03)
        busy = [process for process, used in before.items() if process.is_running() and process.cpu_times() != used]
        return [self.random.choice(busy)] if busy else []

    def stopped(self) -> list[psutil.Process]:
        """Every worker of a step, and with them whatever came to it meanwhile."""
        victims = workers(self.random.choice(STEPS), GROWN)
        for process in victims:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.suspend()
        time.sleep(0.4)
        return victims


def send(laptop: Cloud, body: dict[str, Any]) -> str:
    """Post a submission until it is accepted, as a client with patience does; its id."""
    token = laptop.session("customer").id_token
    for _ in range(20):
        answer = laptop.request("POST", "/readings", body, token=token)
        if answer.status_code == 202:
            return str(answer.json()["submission_id"])
        assert answer.status_code in (500, 502, 503), answer.text
        time.sleep(0.3)
    pytest.fail("never accepted")


# The provider has the message, or may have it: no second one will go out.
HANDED_OVER = ("SENDING", "SENT", "UNCERTAIN")


def at_rest(laptop: Cloud, submission_id: str) -> bool:
    """Whether the reading is settled and its message is out."""
    row = laptop.table("Readings").get_item(Key={"submission_id": submission_id}, ConsistentRead=True)["Item"]
    message = ledger(laptop, submission_id, row["submitted_by"])
    execution = about(laptop, "MaintenanceNotification", submission_id)
    if row["status"] == "PROCESSING" or message.get("status") not in HANDED_OVER or execution is None:
        return False
    known = laptop.client("stepfunctions").describe_execution(executionArn=execution)
    return bool(known["status"] != "RUNNING")


def mend(laptop: Cloud, body: dict[str, Any], submission_id: str) -> None:
    """What is left to people: the client sends again, an operator starts a failed message again with its input."""
    states = laptop.client("stepfunctions")
    if states.describe_execution(executionArn=execution_of(laptop, submission_id))["status"] == "FAILED":
        send(laptop, body)
    arn = about(laptop, "MaintenanceNotification", submission_id)
    if arn and (message := states.describe_execution(executionArn=arn))["status"] == "FAILED":
        states.start_execution(stateMachineArn=message["stateMachineArn"], input=message["input"])


@pytest.mark.usefixtures("warm")
def test_random_deaths_lose_nothing_and_double_nothing(laptop: Cloud) -> None:
    bodies = [
        {
            "meter_id": laptop.new_meter(),
            "value": "00010.000",
            "taken_at": to_text(now() - timedelta(minutes=1)),
            "client_token": str(uuid.uuid4()),
        }
        for _ in range(SUBMISSIONS)
    ]
    killer = Killer()

    def in_its_turn(number: int) -> str:
        killer.over.wait(number * KILLING / SUBMISSIONS)
        submission_id = send(laptop, bodies[number])
        # The impatient send again while it is being worked on.
        return send(laptop, bodies[number]) if number % 2 else submission_id

    killer.start()
    try:
        with ThreadPoolExecutor(SUBMISSIONS) as pool:
            accepted = list(pool.map(in_its_turn, range(SUBMISSIONS)))
    finally:
        killer.over.set()
        killer.join()
    assert len(set(accepted)) == SUBMISSIONS
    assert killer.killed > KILLING / 2

    def settle_down() -> bool:
        restless = [pair for pair in zip(bodies, accepted, strict=True) if not at_rest(laptop, pair[1])]
        for body, submission_id in restless:
            mend(laptop, body, submission_id)
        return not restless

    laptop.eventually(settle_down, PATIENCE)
    outcomes: dict[str, int] = {}
    for body, submission_id in zip(bodies, accepted, strict=True):
        readings = laptop.session("customer").call("GET", f"/meters/{body['meter_id']}/readings")["items"]
        assert [(item["submission_id"], item["status"]) for item in readings] == [(submission_id, "ACCEPTED")]
        meter = laptop.session("customer").call("GET", f"/meters/{body['meter_id']}")
        assert meter["latest"]["submission_id"] == submission_id
        row = ledger(laptop, submission_id, owner(laptop, str(body["meter_id"])))
        messages = laptop.messages(submission_id)
        # A death between handing over and the receipt: once at most, and the ledger says so.
        assert len(messages) == 1 if row["status"] == "SENT" else len(messages) <= 1, row
        outcomes[row["status"]] = outcomes.get(row["status"], 0) + 1
    ran: list[str | None] = [execution_of(laptop, one) for one in accepted]
    ran += [
        about(laptop, machine, one) for one in accepted for machine in ("AnomalyScoring", "MaintenanceNotification")
    ]
    died = [name for arn in ran if arn for name in failures(laptop, arn)]
    assert died, "no death was in the middle of anything"
    print(f"killed {killer.killed} workers, {len(died)} tasks died, messages {outcomes}")
    assert outcomes.get("SENT", 0) > SUBMISSIONS / 2
