"""RegisterModel: enter the version into the registry, whatever the gate said, and write its card.

A refused version stays in the registry with its reasons: what was tried is part of what is known.
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import clock, model_card, model_registry
from meterflow.adapters import model_store, trained_files
from meterflow.contracts.model_training import RegisterModelInput, RegisterModelResult
from meterflow.errors import BrokenInvariant
from meterflow.model_registry import Registry, State, Version
from meterflow.observability import step

CARD = "card.md"


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """One conditional write of the registry, then the card, which follows from what stands there."""
    request = RegisterModelInput.model_validate(event)
    now = clock.now()
    version = version_of(request, clock.to_text(now))

    def enter(registry: Registry) -> Registry:
        entered = model_registry.register(registry, version, now)
        known = entered.find(version.version)
        if request.judgement.outcome == "FAILED" and known and known.state is State.CANDIDATE:
            return model_registry.reject(entered, version.version, now, request.holder, request.judgement.reasons)
        return entered

    known = model_store.change(request.kind, enter).find(request.version)
    if known is None:
        raise BrokenInvariant("a version was registered and is not there")
    scores = trained_files.scores(request.evaluation.scores_key)
    if scores is None:
        raise BrokenInvariant("a version was evaluated and has no scores")
    current = trained_files.scores(request.evaluation.current_scores_key)
    card = model_card.card(request.kind, known, scores, current, request.evaluation.frozen_sha256)
    key = model_store.file_key(request.kind, request.version, CARD)
    model_store.put_new(key, card.encode(), "text/markdown; charset=utf-8")
    # A version that is tried or serves already comes out again where nothing changed since: there is nothing to try.
    outcome = {State.CANDIDATE: "CANDIDATE", State.REJECTED: "REJECTED"}.get(known.state, "SAME")
    return RegisterModelResult(outcome=outcome, version=known.version, card_key=key, reasons=known.reasons).payload()


def version_of(request: RegisterModelInput, now: str) -> Version:
    """The registry's entry. Raises BrokenInvariant where the files are not the ones that were trained."""
    training = trained_files.training(request.kind, request.version)
    if model_registry.sum_of(training.files) != request.sha256:
        raise BrokenInvariant("the files of a version are not the ones that were trained")
    scores = trained_files.scores(request.evaluation.scores_key)
    return Version(
        version=request.version,
        sha256=request.sha256,
        files=training.files,
        registered_at=now,
        origin=f"model_training, execution {request.holder}",
        seed=request.seed,
        data={**training.facts, "dataset": request.data.dataset_key, "dataset_sha256": request.data.dataset_sha256},
        scores={question: one.model_dump() for question, one in scores.overall.items()} if scores else {},
        limits=model_card.limits_of(request.kind, request.data.examples),
    )
