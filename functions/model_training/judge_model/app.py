"""JudgeModel: the gate. Good by itself, and not worse than the version in use, over everything and in any zone."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from meterflow import model_gate
from meterflow.adapters import trained_files
from meterflow.contracts.model_training import JudgeModelInput, JudgeModelResult
from meterflow.errors import BrokenInvariant
from meterflow.observability import step


@step
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Compare the scores that EvaluateModel kept. A refusal is an answer and says every reason."""
    request = JudgeModelInput.model_validate(event)
    candidate = trained_files.scores(request.scores_key)
    if candidate is None:
        raise BrokenInvariant("a version was evaluated and has no scores")
    judgement = model_gate.judge(candidate, trained_files.scores(request.current_scores_key))
    return JudgeModelResult(outcome="PASSED" if judgement.passed else "FAILED", reasons=judgement.reasons).payload()
