"""CheckTrainingJob: running, failed with SageMaker's reason, or done with its files taken over."""

import io
import json
import tarfile
from typing import Any

import pytest

from meterflow.adapters import model_store, trained_files, training_jobs
from meterflow.errors import BrokenInvariant

from .conftest import CUT, models

JOB = "meterflow-leak-1"
OUTPUT = f"training/jobs/{JOB}/output/model.tar.gz"


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    answer: dict[str, Any] = {"TrainingJobStatus": "InProgress"}
    real = training_jobs.client

    class SageMaker:
        def describe_training_job(self, **request: Any) -> Any:
            assert request == {"TrainingJobName": JOB}
            return answer

    monkeypatch.setattr(training_jobs, "client", lambda name: SageMaker() if name == "sagemaker" else real(name))
    return answer


def ask(call: Any) -> Any:
    return call("check_training_job", kind="leak", cut=CUT, job=JOB)


def archive(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def done(job: dict[str, Any]) -> None:
    job.update(
        TrainingJobStatus="Completed",
        TrainingTimeInSeconds=600,
        ModelArtifacts={"S3ModelArtifacts": f"s3://meterflow-lake/{OUTPUT}"},
    )


def test_it_runs_on(call: Any, job: dict[str, Any]) -> None:
    assert job
    assert ask(call)["outcome"] == "RUNNING"


def test_why_it_failed(call: Any, job: dict[str, Any]) -> None:
    job.update(TrainingJobStatus="Failed", FailureReason="ValueError: too few sensors")
    said = ask(call)
    assert (said["outcome"], said["cause"]) == ("FAILED", "ValueError: too few sensors")


def test_its_files_are_kept_as_a_lambdas_would_be(call: Any, job: dict[str, Any]) -> None:
    result = {"facts": {"search": {"leak-leak": {"trials": 9}}}, "validation": {}, "reference": None}
    files = {f"{name}.json": content for name, content in models().items()}
    strange = {"../escape.json": b"{}", "SHA256SUMS": b""}
    model_store.put_once(OUTPUT, archive(files | strange | {"./result.json": json.dumps(result).encode()}))
    done(job)
    said = ask(call)
    assert (said["outcome"], said["trials"], said["seconds"]) == ("TRAINED", 9, 600)
    assert set(trained_files.models("leak", said["version"])) == {"leak-leak", "leak-burst"}
    assert ask(call) == said


def test_an_output_that_says_nothing_is_refused(call: Any, job: dict[str, Any]) -> None:
    model_store.put_once(OUTPUT, archive({f"{name}.json": content for name, content in models().items()}))
    done(job)
    with pytest.raises(BrokenInvariant):
        ask(call)
