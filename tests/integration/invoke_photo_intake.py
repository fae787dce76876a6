"""The step of photo_intake under `sam local invoke`."""

import json

from meterflow import ids
from meterflow.contracts.photo_intake import ObjectCreated
from tests.integration.invoke_stage import Stage


def start_validation(stage: Stage) -> None:
    """The sample's upload is long gone: its execution starts all the same and says so."""
    assert stage.invoke() == {"batchItemFailures": []}
    created = ObjectCreated.model_validate(json.loads(stage.event["Records"][0]["body"]))
    machine = stage.tools.outputs["ImageValidationStateMachineArn"]
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{ids.execution_name(created.business_key)}"
    found = stage.tools.client("stepfunctions").describe_execution(executionArn=arn)
    assert found["status"] in ("RUNNING", "SUCCEEDED")
    # A second delivery finds the first's execution.
    assert stage.invoke() == {"batchItemFailures": []}
