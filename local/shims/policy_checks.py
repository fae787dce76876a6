"""Two points in which policies are judged as on AWS.

The laptop cloud has no TLS, so a policy that denies connections without it would deny every call, even those that the
emulator makes to itself (CloudFront reading its bucket). Loopback counts as a secure connection here.

SQS has no actions of its own for batches: AWS asks for `sqs:SendMessage` where the emulator asks for
`sqs:SendMessageBatch`, and likewise for deleting and for changing visibility.
"""

from typing import Any

from ministack.core import iam_actions, iam_evaluator

BATCHES = ("sqs:SendMessageBatch", "sqs:DeleteMessageBatch", "sqs:ChangeMessageVisibilityBatch")


def install() -> None:
    """Wrap both judgements. Raises AttributeError where the emulator has changed."""
    original_init, original_action = iam_evaluator.EvalContext.__init__, iam_actions.extract_iam_action
    if "secure_transport" not in iam_evaluator.EvalContext.__dataclass_fields__:
        raise AttributeError("EvalContext.secure_transport")

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original_init(self, *args, **kwargs)
        self.secure_transport = True

    def action(*args: Any, **kwargs: Any) -> str | None:
        found: str | None = original_action(*args, **kwargs)
        return found.removesuffix("Batch") if found in BATCHES else found

    iam_evaluator.EvalContext.__init__ = init
    iam_actions.extract_iam_action = action
