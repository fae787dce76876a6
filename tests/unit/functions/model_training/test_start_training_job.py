"""StartTrainingJob: what SageMaker is asked for, once under one name."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from meterflow.adapters import training_jobs
from meterflow.errors import TransientError

from .conftest import CUT, HOLDER, PLAN, prepared


class SageMaker:
    """Training jobs by name."""

    def __init__(self) -> None:
        self.jobs: dict[str, Any] = {}
        self.refuses = ""

    def create_training_job(self, **request: Any) -> None:
        if self.refuses:
            raise ClientError({"Error": {"Code": self.refuses}}, "CreateTrainingJob")
        if request["TrainingJobName"] in self.jobs:
            raise ClientError({"Error": {"Code": "ResourceInUse"}}, "CreateTrainingJob")
        self.jobs[request["TrainingJobName"]] = request


@pytest.fixture
def sagemaker(monkeypatch: pytest.MonkeyPatch) -> SageMaker:
    fake = SageMaker()
    monkeypatch.setattr(training_jobs, "client", lambda _service: fake)
    monkeypatch.setenv("TRAINING_IMAGE", "123456789012.dkr.ecr.eu-central-1.amazonaws.com/meterflow-training")
    monkeypatch.setenv("TRAINING_INSTANCE", "ml.m5.large")
    monkeypatch.setenv("TRAINING_JOB_PREFIX", "a-stack-with-a-rather-long-name")
    monkeypatch.setenv("TRAINING_ROLE_ARN", "arn:aws:iam::123456789012:role/job")
    return fake


def ask(call: Any, attempt: int = 1) -> Any:
    data = {**prepared(), "trainer": "SAGEMAKER"}
    return call("start_training_job", kind="leak", cut=CUT, plan=PLAN, data=data, holder=HOLDER, attempt=attempt)


def test_one_job_for_one_attempt(call: Any, sagemaker: SageMaker) -> None:
    said = ask(call)
    assert ask(call) == said
    assert ask(call, attempt=2)["job"] != said["job"]
    request = sagemaker.jobs[said["job"]]
    assert len(said["job"]) <= 63
    assert request["AlgorithmSpecification"]["ContainerEntrypoint"] == ["python", "-m", "training.scoring.entry"]
    assert request["HyperParameters"] | {"dataset_sha256": ""} == {
        "dataset_sha256": "", "seed": "7", "trials": "1", "seconds": "100",
    }  # fmt: skip
    assert request["StoppingCondition"]["MaxRuntimeInSeconds"] == 4 * 3600
    json.dumps(request)


def test_what_the_api_takes(call: Any, sagemaker: SageMaker) -> None:
    """boto3's own description of the call knows every field."""
    import boto3
    from botocore.validate import ParamValidator

    request = sagemaker.jobs[ask(call)["job"]]
    shape = boto3.client("sagemaker").meta.service_model.operation_model("CreateTrainingJob").input_shape
    assert not ParamValidator().validate(request, shape).has_errors()


def test_an_outage_is_tried_again(call: Any, sagemaker: SageMaker) -> None:
    sagemaker.refuses = "ThrottlingException"
    with pytest.raises(TransientError):
        ask(call)
