"""A function's process dies in the middle: the step runs again, and nothing is lost, doubled or left undecided.

The victims are the emulator's workers. One that is stopped (SIGSTOP) takes its invocation and does nothing, so killing
it then is a death in the middle; the loop at the end kills at random moments, before, during and after each effect.
"""

import os
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
SUBMISSIONS = 16
# How long the random killing goes on, and how long a victim is chosen after the one before (seconds).
KILLING = 20.0
PAUSES = (0.2, 0.9)
# A client's patience: how often it sends a submission again, and what it takes for an answer.
ROUNDS = 8
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


def workers(name: str) -> list[psutil.Process]:
    """The processes of the function `name` (its logical id without "Function"), which the emulator started."""
    folder = f"{HOME / 'tmp' / 'ministack-lambda-'}"
    found = []
    for process in psutil.process_iter(["cmdline"]):
        script = next((part for part in process.info["cmdline"] or [] if part.startswith(folder)), "")
        if f"-{name}Function-" in script:
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
        process.send_signal(signal.SIGKILL)


def entered(laptop: Cloud, execution: str, state: str) -> bool:
    """Whether the execution is, or was, in `state`."""
    events = laptop.client("stepfunctions").get_execution_history(executionArn=execution, maxResults=1000)["events"]
    return any(event.get("stateEnteredEventDetails", {}).get("name") == state for event in events)


def execution_of(laptop: Cloud, submission_id: str) -> str:
    return follow.execution_arn(laptop.outputs["MeterSubmissionStateMachineArn"], submission_id)


def about(laptop: Cloud, machine: str, text: str) -> str | None:
    """The newest execution of the machine whose input holds `text`."""
    states = laptop.client("stepfunctions")
    newest = states.list_executions(stateMachineArn=laptop.outputs[f"{machine}StateMachineArn"], maxResults=30)
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
    """Kills a random worker of the steps every now and then."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.random = random.Random(SEED)
        self.over = threading.Event()
        self.killed: list[str] = []

    def run(self) -> None:
        while not self.over.wait(self.random.uniform(*PAUSES)):
            step = self.random.choice(STEPS)
            # Whichever is at work, if any is: it has used the processor last.
            victims = sorted(workers(step), key=lambda one: one.cpu_times().user)
            if victims:
                os.kill(self.random.choice(victims).pid, signal.SIGKILL)
                self.killed.append(step)


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


def at_rest(laptop: Cloud, submission_id: str) -> bool:
    """Whether the reading is settled, its execution has succeeded and its message is closed."""
    row = laptop.table("Readings").get_item(Key={"submission_id": submission_id}, ConsistentRead=True)["Item"]
    meter_owner = row["submitted_by"]
    closed = ledger(laptop, submission_id, meter_owner).get("settled_at")
    return row["status"] != "PROCESSING" and bool(closed)


def redrive_messages(laptop: Cloud) -> int:
    """What an operator does with failed messages (docs/runbook.md): redrive each once more."""
    states = laptop.client("stepfunctions")
    machine = laptop.outputs["MaintenanceNotificationStateMachineArn"]
    failed = states.list_executions(stateMachineArn=machine, statusFilter="FAILED", maxResults=100)["executions"]
    ours = [one["executionArn"] for one in failed]
    for arn in ours:
        states.redrive_execution(executionArn=arn)
    return len(ours)


@pytest.mark.usefixtures("warm")
def test_random_deaths_lose_nothing_and_double_nothing(laptop: Cloud, record_property: Any) -> None:
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
    killer.start()
    started = time.monotonic()
    try:
        with ThreadPoolExecutor(4) as pool:
            accepted = list(pool.map(lambda body: send(laptop, body), bodies))
        while time.monotonic() - started < KILLING:
            # The impatient send theirs again while it dies.
            send(laptop, killer.random.choice(bodies))
            time.sleep(0.5)
    finally:
        killer.over.set()
        killer.join()
    assert len(set(accepted)) == SUBMISSIONS
    assert len(killer.killed) > KILLING / 2, killer.killed

    def settle_down() -> bool:
        restless = [one for one, arn in zip(bodies, accepted, strict=True) if not at_rest(laptop, arn)]
        for body in restless:
            send(laptop, body)
        redrive_messages(laptop)
        return not restless

    laptop.eventually(lambda: settle_down() or time.sleep(1), 90)
    outcomes: dict[str, int] = {}
    for body, submission_id in zip(bodies, accepted, strict=True):
        readings = laptop.session("customer").call("GET", f"/meters/{body['meter_id']}/readings")["items"]
        assert [(item["submission_id"], item["status"]) for item in readings] == [(submission_id, "ACCEPTED")]
        meter = laptop.session("customer").call("GET", f"/meters/{body['meter_id']}")
        assert meter["latest"]["submission_id"] == submission_id
        row = ledger(laptop, submission_id, owner(laptop, str(body["meter_id"])))
        messages = laptop.messages(submission_id)
        # UNCERTAIN is a death between handing over and the receipt: once at most, and the ledger says so.
        assert row["status"] in ("SENT", "UNCERTAIN"), row
        assert len(messages) == 1 if row["status"] == "SENT" else len(messages) <= 1, row
        outcomes[row["status"]] = outcomes.get(row["status"], 0) + 1
    record_property("killed", len(killer.killed))
    record_property("messages", str(outcomes))
    died = [name for one in accepted for name in failures(laptop, execution_of(laptop, one))]
    print(f"killed {len(killer.killed)} workers, {len(died)} submissions' tasks died, messages {outcomes}")
    assert outcomes.get("SENT", 0) > SUBMISSIONS / 2
