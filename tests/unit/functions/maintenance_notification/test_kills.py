"""The process dies at every gap, calls fail, events come twice: one message at most, and none forgotten."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from meterflow.message import NOT_SENT, Status

# A process that dies has counted nothing when its wrapper flushes.
pytestmark = pytest.mark.filterwarnings("ignore:No application metrics")

# A clean run's calls in order. Up to the ledger's SENDING all may be done again; after it only the ledger knows.
CALLS = [
    "GetItem",  # claim: preferences
    "PutItem",  # claim: the row
    "GetItem",  # compose: the row
    "GetItem",  # compose: the name
    "UpdateItem",  # compose: COMPOSED
    "GetItem",  # send: the row
    "GetItem",  # send: the address
    "UpdateItem",  # send: SENDING
    "SendEmail",  # send: the provider
    "UpdateItem",  # send: SENT
    "GetItem",  # settle: the row
    "UpdateItem",  # settle: closed
]
SENDING, PROVIDER, SENT = 7, 8, 9

Call = Callable[[], Any]
Around = Callable[[str, Call], Any]


def throttled(name: str) -> ClientError:
    """The service refuses at the door."""
    answer = {"Error": {"Code": "ThrottlingException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return ClientError(answer, name)


def lost(_name: str) -> ReadTimeoutError:
    """The service may have done it; its answer never came."""
    return ReadTimeoutError(endpoint_url="https://service.example")


def fault_at(index: int, error: Callable[[str], BaseException], done: bool) -> Around:
    """Raise `error` at the call with that index, before it or after it is done; count from the installation on."""
    seen = iter(range(10_000))

    def around(name: str, call: Call) -> Any:
        if next(seen) != index:
            return call()
        if done:
            call()
        raise error(name)

    return around


def count(provider: Any, event_id: str) -> int:
    """How many messages about the event the provider accepted."""
    texts = [one["Content"]["Simple"]["Body"]["Text"]["Data"] for one in provider.accepted]
    return sum(text.endswith(f"Ref {event_id[:8]}") for text in texts)


def test_the_calls_of_a_clean_run_are_known(machine: Any, provider: Any, around_calls: Any, event: Any) -> None:
    names: list[str] = []

    def note(name: str, call: Call) -> Any:
        names.append(name)
        return call()

    around_calls(note)
    assert machine.run(event("maintenance_notification/workflow")) == "SENT"
    assert names == CALLS
    assert len(provider.accepted) == 1


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_the_process_dies_at_every_gap(
    machine: Any, provider: Any, around_calls: Any, rows: Any, event: Any, done: bool
) -> None:
    for index, name in enumerate(CALLS):
        around_calls(fault_at(index, machine.death, done))
        machine.run({**event("maintenance_notification/workflow"), "event_id": f"gap-{index:04d}"})
        row = {row.event_id: row for row in rows()}[f"gap-{index:04d}"]
        begun, handed_over, recorded = (index + done > gap for gap in (SENDING, PROVIDER, SENT))
        sent = count(provider, row.event_id)
        if not begun or recorded:
            assert (row.status, sent) == (Status.SENT, 1), name
        else:
            assert (row.status, sent) == (Status.UNCERTAIN, 1 if handed_over else 0), name
        assert row.settled_at is not None


def test_each_service_throttles_once(machine: Any, provider: Any, around_calls: Any, rows: Any, event: Any) -> None:
    for index, name in enumerate(CALLS):
        around_calls(fault_at(index, throttled, done=False))
        machine.run({**event("maintenance_notification/workflow"), "event_id": f"gap-{index:04d}"})
        row = {row.event_id: row for row in rows()}[f"gap-{index:04d}"]
        assert count(provider, row.event_id) == 1, name
        # Where the receipt could not be written nobody may claim to know.
        assert row.status is (Status.UNCERTAIN if index == SENT else Status.SENT), name
        assert row.settled_at is not None


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_the_provider_times_out(
    machine: Any, provider: Any, around_calls: Any, rows: Any, event: Any, done: bool
) -> None:
    around_calls(fault_at(PROVIDER, lost, done))
    assert machine.run(event("maintenance_notification/workflow")) == "UNCERTAIN"
    (row,) = rows()
    assert row.status is Status.UNCERTAIN
    assert len(provider.accepted) == (1 if done else 0)
    assert machine.run(event("maintenance_notification/workflow"), "execution-2") == "ALREADY"
    assert len(provider.accepted) == (1 if done else 0)


@pytest.mark.parametrize("call", ["SendEmail", "GetItem"])
def test_an_outage_that_outlasts_the_retries_is_recorded_and_can_be_started_again(
    machine: Any, provider: Any, around_calls: Any, rows: Any, event: Any, call: str
) -> None:
    seen: list[str] = []
    # One try and five retries of the step that makes the call, after the promise is made.
    failures = iter(range(6))

    def outage(name: str, do: Call) -> Any:
        if name == call and "PutItem" in seen and next(failures, None) is not None:
            raise throttled(name)
        seen.append(name)
        return do()

    around_calls(outage)
    workflow = event("maintenance_notification/workflow")
    assert machine.run(workflow) == "MessageNotSent"
    (row,) = rows()
    assert (row.status, row.reason) == (Status.FAILED, NOT_SENT)
    assert not provider.accepted
    assert machine.run(workflow, "execution-2") == "SENT"
    assert len(provider.accepted) == 1
    assert machine.run(workflow, "execution-3") == "ALREADY"


def test_twenty_executions_in_any_order_of_steps_send_one(
    machine: Any, provider: Any, rows: Any, event: Any, lambda_context: Any
) -> None:
    workflow = event("maintenance_notification/workflow")
    claims = [
        machine.steps["claim_message"].handler({**workflow, "execution_id": f"e{n}"}, lambda_context) for n in range(20)
    ]
    assert sorted(claim["outcome"] for claim in claims) == ["ALREADY"] * 19 + ["CLAIMED"]
    assert machine.run(workflow, "e0") == "SENT"
    assert len(provider.accepted) == len(rows()) == 1


def test_promises_add_up_under_random_deaths_outages_and_duplicates(
    machine: Any, provider: Any, around_calls: Any, rows: Any, event: Any
) -> None:
    for seed in range(12):
        events = [
            {**event("maintenance_notification/workflow"), "event_id": f"{seed:04d}{number:04d}-event"}
            for number in range(4)
        ]
        dice = random.Random(seed)
        around_calls(unreliable(dice, machine.death))
        deliveries = [(one, f"execution-{number}") for number, one in enumerate([*events, *dice.choices(events, k=6)])]
        failed = [pair for pair in deliveries if machine.run(*pair).startswith("Message")]
        around_calls(lambda _name, call: call())
        # The failed ones are redriven, as the runbook says.
        for pair in failed:
            machine.run(*pair)
        found = {row.event_id: row for row in rows() if row.event_id.startswith(f"{seed:04d}")}
        assert sorted(found) == sorted(one["event_id"] for one in events), seed
        for event_id, row in found.items():
            possible = {Status.SENT: (1,), Status.FAILED: (0,), Status.UNCERTAIN: (0, 1)}[row.status]
            assert count(provider, event_id) in possible, (seed, row.status)
            assert row.settled_at is not None, seed


def unreliable(dice: random.Random, death: Callable[[str], BaseException]) -> Around:
    """Every eighth call goes wrong. A refusal at the door is one: nothing that was done is ever called throttled."""

    def around(name: str, call: Call) -> Any:
        if dice.random() > 0.12:
            return call()
        if dice.random() < 0.5:
            call()
            raise dice.choice([death, lost])(name)
        raise dice.choice([death, lost, throttled])(name)

    return around
