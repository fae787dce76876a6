"""MeasureDrift: every day, does what arrives still look like what the models know? Where it does not, train anew.

The reference is what a version learned from where that was live, else its own first live days: generated rows never
look like a real site, and comparing with them would cry every day without meaning anything.
"""

from datetime import timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock, drift
from meterflow.adapters import drift_references, examples, executions, model_store, score_samples
from meterflow.canary import ScoredRow
from meterflow.contracts.model_watch import MeasuredDrift, MeasureDriftInput, MeasureDriftResult
from meterflow.observability import step
from meterflow.settings import setting
from meterflow.training_data import Example, training_id

DAYS = 1
MOST_ROWS = 5000
MOST_EXAMPLES = 1000


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Look at each kind. A training is named by kind and day, so a second look of the day starts no second one."""
    request = MeasureDriftInput.model_validate(event)
    moment = clock.from_text(request.time) if request.time else clock.now()
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return MeasureDriftResult(found=tuple(look(kind, clock.to_text(midnight)) for kind in request.kinds)).payload()


def look(kind: str, until: str) -> MeasuredDrift:
    """Measure one kind over the day before `until`, and start its training where it drifted."""
    since = clock.from_text(until) - timedelta(days=DAYS)
    version = model_store.load(kind).current
    rows = score_samples.newest(kind, version, since, MOST_ROWS)
    told = examples.told_since(kind, clock.to_text(since), until, MOST_EXAMPLES)
    judged = [pair for one in told if one.model_version == version for pair in answers(one)]
    found = {"kind": kind, "version": version, "rows": len(rows), "judged_rows": len(judged)}
    known = drift_references.load(kind, version)
    if known is None:
        first = drift.reference(columns(rows), "live", clock.to_text(since), until)
        if first.columns:
            drift_references.keep(kind, version, first)
        return MeasuredDrift(outcome="REFERENCE_KEPT" if first.columns else "TOO_LITTLE", **found)
    measured = drift.measure(known, columns(rows), judged)
    if not measured.drifted:
        return MeasuredDrift(outcome="STABLE" if measured.columns else "TOO_LITTLE", **found)
    training = {"kind": kind, "cut": until, "cause": "drift"}
    executions.start(setting("MODEL_TRAINING_STATE_MACHINE_ARN"), training_id(kind, until), training)
    return MeasuredDrift(outcome="DRIFTED", reasons=measured.reasons, **found)


def columns(rows: list[ScoredRow]) -> dict[str, list[float]]:
    """What is compared: every feature, and every answer as `score of <question>`."""
    found: dict[str, list[float]] = {}
    for row in rows:
        for name, value in row.features.items():
            found.setdefault(name, []).append(value)
        for question, p in row.probabilities.items():
            found.setdefault(f"score of {question}", []).append(p)
    return found


def answers(one: Example) -> list[tuple[float, bool]]:
    """What the version said of a judged row, and what it was."""
    return [(p, one.truth[question]) for question, p in one.probability.items() if question in one.truth]
