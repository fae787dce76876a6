"""RollBackModel: the version before serves every meter again. The refused one stays registered, with the reasons."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock, model_registry
from meterflow.adapters import model_store
from meterflow.contracts.model_training import RollBackModelInput, RollBackModelResult
from meterflow.model_registry import Registry, State
from meterflow.observability import step


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """One conditional write. Where a person promoted the version meanwhile, the person is right."""
    request = RollBackModelInput.model_validate(event)
    now = clock.now()

    def enter(registry: Registry) -> Registry:
        known = registry.find(request.version)
        if known is None or known.state not in (State.CANDIDATE, State.CANARY):
            return registry
        return model_registry.reject(registry, request.version, now, request.holder, request.reasons)

    known = model_store.change(request.kind, enter).find(request.version)
    rejected = known is not None and known.state is State.REJECTED
    return RollBackModelResult(
        outcome="REJECTED" if rejected else "OVERTAKEN", version=request.version, reasons=request.reasons
    ).payload()
