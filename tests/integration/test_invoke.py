"""Every function's sample event under `sam local invoke`, in a container like Lambda's, with its effect on the cloud.

The cases are the functions of the modules `invoke_<workflow>`, named for their steps. Two run at a time: cases whose
events name the same rows are in the same lane and never meet.
"""

import os
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import NamedTuple

import pytest

from local import build, invoke

for _workflow in (
    "anomaly_scoring",
    "api",
    "estimation",
    "evidence",
    "image_validation",
    "maintenance_notification",
    "meter_submission",
    "model_training",
    "model_watch",
    "photo_intake",
    "technician_dispatch",
    "update_pipeline",
):
    # Before they are imported: their asserts then say what differs.
    pytest.register_assert_rewrite(f"tests.integration.invoke_{_workflow}")

from tests.integration import (  # noqa: E402
    invoke_anomaly_scoring,
    invoke_api,
    invoke_estimation,
    invoke_evidence,
    invoke_image_validation,
    invoke_maintenance_notification,
    invoke_meter_submission,
    invoke_model_training,
    invoke_model_watch,
    invoke_photo_intake,
    invoke_technician_dispatch,
    invoke_update_pipeline,
)
from tests.integration.conftest import Cloud  # noqa: E402
from tests.integration.invoke_stage import Case, Stage, Tools  # noqa: E402

pytestmark = [pytest.mark.cloud, pytest.mark.invoke]

MODULES = {
    "anomaly_scoring": invoke_anomaly_scoring,
    "api": invoke_api,
    "estimation": invoke_estimation,
    "evidence": invoke_evidence,
    "image_validation": invoke_image_validation,
    "maintenance_notification": invoke_maintenance_notification,
    "meter_submission": invoke_meter_submission,
    "model_training": invoke_model_training,
    "model_watch": invoke_model_watch,
    "photo_intake": invoke_photo_intake,
    "technician_dispatch": invoke_technician_dispatch,
    "update_pipeline": invoke_update_pipeline,
}
STEPS = sorted(invoke.step_folders())
# WTR-0001, its job and its sample submission belong to the first lane, what lies in review to the second. Steps that
# write rows of both come when the lanes have ended.
FIRST_LANE = ("api", "technician_dispatch", "anomaly_scoring", "evidence", "estimation")
SECOND_LANE = ("api/correct_reading",)
LAST = ("meter_submission",)


class Lanes(NamedTuple):
    """What runs side by side: the outcome of each case, and the tools of each lane."""

    outcomes: dict[str, Future[None]]
    tools: tuple[Tools, Tools]


def case_of(step: str) -> Case | None:
    """The case of `<workflow>/<step>`, or None."""
    workflow, name = step.split("/")
    case: Case | None = getattr(MODULES.get(workflow), name, None)
    return case


def run(step: str, tools: Tools, after: Sequence[Future[None]] = ()) -> None:
    """Prepare, invoke and look; then put everything back. Starts when those `after` have ended."""
    wait(after)
    case = case_of(step)
    assert case is not None, f"{step} has no case: write invoke_{step.replace('/', '.')}"
    stage = Stage(tools, step)
    with stage.undo:
        case(stage)


@pytest.fixture(scope="module")
def docker() -> None:
    """Docker, or a skip that says why; a failure where everything is required."""
    if invoke.docker_works():
        return
    reason = "sam local invoke needs Docker, and no Docker engine answers here"
    if os.environ.get("METERFLOW_REQUIRE_ALL") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def lanes(
    docker: None,  # noqa: ARG001 (asked before a cloud is started)
    laptop: Cloud,
    request: pytest.FixtureRequest,
) -> Iterator[Lanes]:
    """The chosen cases, on two lanes at once."""
    chosen = [item.callspec.params["step"] for item in request.session.items
              if item.path == request.path and hasattr(item, "callspec")]  # fmt: skip
    executors, tools = (ThreadPoolExecutor(1), ThreadPoolExecutor(1)), (Tools(laptop), Tools(laptop))
    found: dict[str, Future[None]] = {}
    last = [step for step in chosen if step.split("/")[0] in LAST]
    for step in (step for step in chosen if step not in last):
        first = step.split("/")[0] in FIRST_LANE and step not in SECOND_LANE
        lane = 0 if first else 1
        found[step] = executors[lane].submit(run, step, tools[lane])
    both, alone = list(found.values()), Tools(laptop)
    for step in last:
        found[step] = executors[0].submit(run, step, alone, both)
    yield Lanes(found, tools)
    for executor in executors:
        executor.shutdown(cancel_futures=True)


def test_every_function_has_an_event_and_a_case() -> None:
    assert STEPS
    assert [step for step in STEPS if not invoke.event_file(step).exists()] == []
    assert [step for step in STEPS if case_of(step) is None] == []


@pytest.mark.parametrize("step", STEPS)
def test_step(step: str, lanes: Lanes) -> None:
    lanes.outcomes[step].result()


def test_the_lanes_never_write_the_same_row(lanes: Lanes) -> None:
    for outcome in lanes.outcomes.values():
        outcome.exception()
    first, second = (tools.touched for tools in lanes.tools)
    assert {row: (first[row], second[row]) for row in first.keys() & second.keys()} == {}


def test_no_container_is_left(lanes: Lanes) -> None:
    for outcome in lanes.outcomes.values():
        outcome.exception()
    command = ["docker", "ps", "--all", "--no-trunc", "--format", "{{.ID}} {{.Mounts}}"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert [line for line in listed if str(build.BUILD) in line] == []
