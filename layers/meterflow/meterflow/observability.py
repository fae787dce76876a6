"""Logs, traces and metrics, alike in every function.

A log line says which step did what with which business keys. It never carries a payload: personal data, photos and
task tokens stay out because nothing here logs an event, a result or an exception's arguments.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

Handler = Callable[[dict[str, Any], LambdaContext], Any]

# The keys of a payload that a log line may name. All are opaque ids.
BUSINESS_KEYS = ("submission_id", "meter_id", "job_id", "event_id", "alert_id", "notification_id")

logger = Logger(service="meterflow", log_uncaught_exceptions=False)
metrics = Metrics(namespace="Meterflow", service="meterflow")


def step(handler: Handler) -> Handler:
    """Wrap a function's handler: business keys on every log line, one success or failure metric per call.

    The result passes through unchanged and an exception is logged by its class name and raised again, so that the
    state machine or the event source sees it.
    """
    name = handler.__module__ if handler.__module__ != "app" else ""

    @wraps(handler)
    def wrapped(event: dict[str, Any], context: LambdaContext) -> Any:
        function = getattr(context, "function_name", name)
        keys = {key: event[key] for key in BUSINESS_KEYS if isinstance(event, dict) and key in event}
        logger.structure_logs(append=False, function=function, **keys)
        metrics.add_dimension(name="step", value=str(function))
        try:
            result = handler(event, context)
        except Exception as error:
            metrics.add_metric(name="StepFailed", unit=MetricUnit.Count, value=1)
            logger.error("step failed", extra={"error": type(error).__name__})
            metrics.flush_metrics()
            raise
        metrics.add_metric(name="StepSucceeded", unit=MetricUnit.Count, value=1)
        outcome = result.get("outcome") if isinstance(result, dict) else None
        logger.info("step done", extra={"outcome": outcome} if outcome else {})
        metrics.flush_metrics()
        return result

    return wrapped
