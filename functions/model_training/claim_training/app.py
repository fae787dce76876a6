"""ClaimTraining: one training for each kind and cut of the data, and one trial on live meters at a time.

A schedule, a drift and a person may all ask for the same: whoever claims first trains.
"""

import hashlib
from datetime import timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock
from meterflow.adapters import claims, model_store
from meterflow.contracts.model_training import ClaimTrainingInput, ClaimTrainingResult, Plan
from meterflow.model_registry import State
from meterflow.observability import step
from meterflow.settings import setting
from meterflow.training_data import training_id

ROWS = 20_000
TRIALS = 4
BUDGET_SECONDS = 120
# Longer than any training; a version on trial is seen in the registry.
LEASE = timedelta(hours=6)


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take the claim and settle every bound of the training, so that the execution's history shows them all."""
    request = ClaimTrainingInput.model_validate(event)
    business = training_id(request.kind, request.cut)
    plan = plan_of(request, business)
    holder = claims.lease(business, request.holder, clock.now(), LEASE)
    canary = model_store.load(request.kind).in_state(State.CANARY)
    if holder != request.holder:
        outcome = "TAKEN"
    elif canary and canary.decided_by != request.holder:
        outcome = "BUSY"
    else:
        outcome = "CLAIMED"
    return ClaimTrainingResult(outcome=outcome, training_id=business, plan=plan).payload()


def plan_of(request: ClaimTrainingInput, business: str) -> Plan:
    """What was asked for, else the defaults. Each training has a seed of its own, the same when repeated."""
    given = request.model_dump(exclude_none=True)
    defaults = {
        "seed": int.from_bytes(hashlib.sha256(business.encode()).digest()[:4], "big") >> 1,
        "rows": ROWS,
        "trials": TRIALS,
        "budget_seconds": BUDGET_SECONDS,
        "share": float(setting("CANARY_SHARE")),
        "canary_seconds": int(setting("CANARY_SECONDS")),
        "check_seconds": int(setting("CANARY_CHECK_SECONDS")),
    }
    return Plan.model_validate(defaults | given)
