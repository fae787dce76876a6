"""WatchCanary: does the version that scores a share of the meters do as well as the one that scores the rest?"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import canary, clock
from meterflow.adapters import examples, model_store, score_samples
from meterflow.canary import Group
from meterflow.contracts.model_training import WatchCanaryInput, WatchCanaryResult
from meterflow.model_registry import State
from meterflow.observability import step
from meterflow.training_data import Example

MOST_ROWS = 5000
MOST_EXAMPLES = 1000


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Look once. Whatever speaks against the version ends it at once; promotion waits for the end of its time."""
    request = WatchCanaryInput.model_validate(event)
    now = clock.now()
    registry = model_store.load(request.kind)
    trying = registry.in_state(State.CANARY)
    if trying is None or trying.version != request.version:
        known = registry.find(request.version)
        said = (f"somebody else decided: it is {known.state}",) if known else ("it is no longer registered",)
        return WatchCanaryResult(outcome="OVERTAKEN", reasons=said).payload()
    told = examples.told_since(request.kind, request.started_at, clock.to_text(now), MOST_EXAMPLES)
    ours, theirs = (group(request, version, told) for version in (request.version, registry.current))
    reasons = canary.objections(ours, theirs)
    outcome = "ROLL_BACK" if reasons else "WATCHING"
    if not reasons and now >= clock.from_text(request.until):
        seen = canary.enough(ours) and canary.enough(theirs)
        outcome = "PROMOTE" if seen else "ROLL_BACK"
        reasons = (
            f"{len(ours.rows)} rows of {ours.sensors} sensors scored, against {len(theirs.rows)} of {theirs.sensors}"
            + ("" if seen else ": too few to compare"),
        )
    return WatchCanaryResult(
        outcome=outcome,
        reasons=reasons,
        canary_rows=len(ours.rows),
        current_rows=len(theirs.rows),
        judged_rows=ours.judged_rows + theirs.judged_rows,
    ).payload()


def group(request: WatchCanaryInput, version: str, told: list[Example]) -> Group:
    """What `version` scored since the canary's start, and what people said of it."""
    rows = score_samples.newest(request.kind, version, clock.from_text(request.started_at), MOST_ROWS)
    judged: dict[str, list[tuple[float, bool]]] = {}
    for one in told:
        if one.model_version == version:
            for question, p in one.probability.items():
                if question in one.truth:
                    judged.setdefault(question, []).append((p, one.truth[question]))
    return Group(rows, judged)
