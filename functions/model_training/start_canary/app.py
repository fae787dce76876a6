"""StartCanary: from now on the scorers take the new version for the meters below the share. Nothing is deployed."""

from datetime import timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock, model_registry
from meterflow.adapters import model_store
from meterflow.contracts.model_training import StartCanaryInput, StartCanaryResult
from meterflow.errors import BrokenInvariant
from meterflow.model_registry import Registry, State
from meterflow.observability import step


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """A repeated start finds the canary and keeps its beginning."""
    request = StartCanaryInput.model_validate(event)
    now = clock.now()

    def enter(registry: Registry) -> Registry:
        trying = registry.in_state(State.CANARY)
        if trying and trying.version != request.version:
            return registry
        return model_registry.start_canary(registry, request.version, request.plan.share, now, request.holder)

    registry = model_store.change(request.kind, enter)
    canary = registry.in_state(State.CANARY)
    if canary is None:
        raise BrokenInvariant("a canary was started and is not there")
    until = clock.from_text(canary.decided_at) + timedelta(seconds=request.plan.canary_seconds)
    return StartCanaryResult(
        outcome="STARTED" if canary.version == request.version else "BUSY",
        started_at=canary.decided_at,
        until=clock.to_text(until),
        share=registry.share,
    ).payload()
