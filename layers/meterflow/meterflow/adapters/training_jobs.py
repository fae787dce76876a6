"""SageMaker training jobs, for data that outgrow a Lambda. Used only where `TRAINING_IMAGE` names a container.

The container runs `python -m training.scoring.entry train` (training/scoring/Dockerfile makes it). Never called on the
laptop: its emulator has no SageMaker.
"""

import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from meterflow import settings
from meterflow.adapters import model_store
from meterflow.adapters.aws import aws_calls, client, error_code
from meterflow.errors import BrokenInvariant

# A job has no five minutes to keep to.
BUDGET_FACTOR = 20
LONGEST_SECONDS = 4 * 3600
DISK_GIGABYTES = 30
OUTPUT = "training/jobs/"
_RESULT = "result.json"
_MOST_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Job:
    """How a job does: RUNNING, DONE or FAILED. `output_key` is the archive's of a done one."""

    state: str
    cause: str = ""
    output_key: str = ""
    seconds: float = 0.0


def job_name(kind: str, digest: str) -> str:
    """A job's name: the stack's, so that its role reaches no other's jobs; at most 63 letters, digits and hyphens."""
    return f"{settings.setting('TRAINING_JOB_PREFIX')}-{kind}-{digest[:12]}"[:63]


def start(job: str, dataset_key: str, hyperparameters: Mapping[str, str]) -> None:
    """Start `job`. One of this name is the same job. Raises TransientError on an outage."""
    bucket = settings.setting("LAKE_BUCKET")
    data = {
        "S3DataType": "S3Prefix",
        "S3Uri": f"s3://{bucket}/{dataset_key}",
        "S3DataDistributionType": "FullyReplicated",
    }
    with aws_calls():
        try:
            client("sagemaker").create_training_job(
                TrainingJobName=job,
                AlgorithmSpecification={
                    "TrainingImage": settings.setting("TRAINING_IMAGE"),
                    "TrainingInputMode": "File",
                    "ContainerEntrypoint": ["python", "-m", "training.scoring.entry"],
                    "ContainerArguments": ["train"],
                },
                RoleArn=settings.setting("TRAINING_ROLE_ARN"),
                HyperParameters=dict(hyperparameters),
                InputDataConfig=[{"ChannelName": "dataset", "DataSource": {"S3DataSource": data}}],
                OutputDataConfig={"S3OutputPath": f"s3://{bucket}/{OUTPUT}"},
                ResourceConfig={
                    "InstanceType": settings.setting("TRAINING_INSTANCE"),
                    "InstanceCount": 1,
                    "VolumeSizeInGB": DISK_GIGABYTES,
                },
                StoppingCondition={"MaxRuntimeInSeconds": LONGEST_SECONDS},
            )
        except ClientError as error:
            if error_code(error) != "ResourceInUse":
                raise


def describe(job: str) -> Job:
    """How `job` does."""
    with aws_calls():
        answer = client("sagemaker").describe_training_job(TrainingJobName=job)
    status = answer["TrainingJobStatus"]
    if status in ("InProgress", "Stopping"):
        return Job("RUNNING")
    if status != "Completed":
        return Job("FAILED", str(answer.get("FailureReason", status))[:500])
    key = str(answer["ModelArtifacts"]["S3ModelArtifacts"]).partition("//")[2].partition("/")[2]
    return Job("DONE", output_key=key, seconds=float(answer.get("TrainingTimeInSeconds", 0)))


def output(key: str) -> tuple[dict[str, bytes], dict[str, Any]]:
    """The models by name and the result document in a done job's archive. Raises BrokenInvariant where it is none."""
    content = model_store.get(key)
    if content is None:
        raise BrokenInvariant("a training job is done and its output is gone")
    files: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        for member in archive:
            part = archive.extractfile(member) if member.isfile() and member.size <= _MOST_BYTES else None
            if part and "/" not in member.name.removeprefix("./"):
                files[member.name.removeprefix("./")] = part.read()
    if _RESULT not in files:
        raise BrokenInvariant("a training job's output says nothing of how it was made")
    document: dict[str, Any] = json.loads(files.pop(_RESULT))
    return {name.removesuffix(".json"): data for name, data in files.items() if name.endswith(".json")}, document
