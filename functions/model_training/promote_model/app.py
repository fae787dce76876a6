"""PromoteModel: the version serves every meter from now on; the one before retires and can be gone back to."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock, model_registry
from meterflow.adapters import model_store
from meterflow.contracts.model_training import PromoteModelInput, PromoteModelResult
from meterflow.model_registry import Registry, State
from meterflow.observability import step


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """One conditional write. Where a person rejected the version meanwhile, the person is right."""
    request = PromoteModelInput.model_validate(event)
    now = clock.now()

    def enter(registry: Registry) -> Registry:
        known = registry.find(request.version)
        if known is None or known.state not in (State.CANARY, State.CURRENT):
            return registry
        return model_registry.promote(registry, request.version, now, request.holder, request.reasons)

    serves = model_store.change(request.kind, enter).current == request.version
    return PromoteModelResult(
        outcome="CURRENT" if serves else "OVERTAKEN", version=request.version, reasons=request.reasons
    ).payload()
