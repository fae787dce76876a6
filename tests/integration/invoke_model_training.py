"""The steps of model_training under `sam local invoke`: one function a step, named for it.

The events are about the leak models of a day in 2020: a dataset without live rows and two models of one feature each.
"""

import json

from meterflow import model_registry, training_data
from meterflow.adapters import model_store
from meterflow.clock import from_text
from meterflow.model_registry import Registry, Version
from meterflow.training_data import Recipe, dataset, dataset_key, training_id
from tests.integration.invoke_stage import Stage
from tests.integration.sagemaker_stand_in import sagemaker

KIND, CUT = "leak", "2020-01-02T00:00:00Z"
HOLDER = "0123456789abcdef0123456789abcdef01234567"
DATASET = dataset(KIND, CUT, (), Recipe(rows=1200, seed=7)).to_bytes()
DATASET_KEY = dataset_key(KIND, CUT, training_data.sha256(DATASET))


def model(intercept: float) -> bytes:
    """A model that looks at the day's flow alone."""
    item = {
        "format": 1,
        "kind": KIND,
        "version": CUT,
        "features": ["flow_day"],
        "standardisation": {"mean": [0.0], "scale": [1.0], "fill": [0.0]},
        "members": [{"member": "logistic", "weight": 1.0, "weights": [2.0], "intercept": intercept}],
        "provenance": {},
    }
    return json.dumps(item).encode()


MODELS = {"leak-leak": model(-2.0), "leak-burst": model(-4.0)}
FILES = {name: training_data.sha256(content) for name, content in MODELS.items()}
VERSION = model_registry.version_name(CUT, FILES)


def key(name: str) -> str:
    """Where a file of the sample version lies."""
    return model_store.file_key(KIND, VERSION, name)


def have_files(stage: Stage) -> str:
    """Have the dataset and the trained files in the lake; the bucket."""
    lake = stage.bucket("Lake")
    stage.put_object(lake, DATASET_KEY, DATASET)
    made = {"files": FILES, "facts": {"source": "invoke"}, "validation": {}}
    stage.put_object(lake, key("training.json"), json.dumps(made).encode())
    for name, content in MODELS.items():
        stage.put_object(lake, key(f"{name}.json"), content)
    return lake


def have_registry(stage: Stage, *states: str) -> None:
    """Have a registry with nothing but the sample version, brought through `states`; afterwards the one before."""
    lake, name = stage.bucket("Lake"), model_store.registry_key(KIND)
    before, moment = stage.object(lake, name), from_text("2020-01-02T00:10:00Z")
    registry = Registry(kind=KIND)
    if states:
        version = Version(
            version=VERSION, sha256=model_registry.sum_of(FILES), files=FILES, registered_at=CUT, origin="invoke"
        )
        registry = model_registry.register(registry, version, moment)
    if "canary" in states:
        registry = model_registry.start_canary(registry, VERSION, 0.5, moment, HOLDER)
    if before is None:
        stage.undo.callback(stage.remove_object, lake, name)
    else:
        stage.undo.callback(stage.tools.client("s3").put_object, Bucket=lake, Key=name, Body=before)
    stage.tools.client("s3").put_object(Bucket=lake, Key=name, Body=registry.model_dump_json().encode())


def state(stage: Stage) -> str:
    """Where the sample version stands."""
    registry = Registry.model_validate_json(stage.object(stage.bucket("Lake"), model_store.registry_key(KIND)) or b"{}")
    found = registry.find(VERSION)
    assert found
    return found.state.value


def claim_training(stage: Stage) -> None:
    stage.absent("Claims", claim_key=training_id(KIND, CUT))
    have_registry(stage)
    result = stage.invoke()
    assert (result["outcome"], result["plan"]["rows"]) == ("CLAIMED", 1200)
    assert stage.row("Claims", claim_key=training_id(KIND, CUT))["holder"] == HOLDER


def prepare_data(stage: Stage) -> None:
    lake = stage.bucket("Lake")
    stage.remove_object(lake, DATASET_KEY)
    stage.undo.callback(stage.remove_object, lake, DATASET_KEY)
    result = stage.invoke()
    assert (result["outcome"], result["dataset_key"], result["trainer"]) == ("PREPARED", DATASET_KEY, "LAMBDA")
    assert stage.object(lake, DATASET_KEY) == DATASET


def train_model(stage: Stage) -> None:
    """The real training, with scikit-learn, in a container like Lambda's."""
    lake = have_files(stage)
    result = stage.invoke()
    assert (result["outcome"], result["trials"]) == ("TRAINED", 1), result
    stage.undo.callback(stage.remove_object, lake, f"models/{KIND}/{result['version']}/")
    found = stage.object(lake, model_store.file_key(KIND, result["version"], "leak-burst.json"))
    assert found
    assert json.loads(found)["kind"] == KIND


def start_training_job(stage: Stage) -> None:
    image, role = "000000000000.dkr.ecr.us-east-1.amazonaws.com/trainer:1", "arn:aws:iam::000000000000:role/trainer"
    arn = "arn:aws:sagemaker:us-east-1:000000000000:training-job/sample"
    with sagemaker({"CreateTrainingJob": {"TrainingJobArn": arn}}) as service:
        settings = {"TRAINING_IMAGE": image, "TRAINING_ROLE_ARN": role, "AWS_ENDPOINT_URL_SAGEMAKER": service.url}
        result = stage.invoke(**settings)
    ((operation, asked),) = service.calls
    assert (operation, asked["TrainingJobName"], asked["RoleArn"]) == ("CreateTrainingJob", result["job"], role)
    assert asked["AlgorithmSpecification"]["TrainingImage"] == image
    source = asked["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"]
    assert source == f"s3://{stage.bucket('Lake')}/{stage.event['data']['dataset_key']}"
    assert asked["HyperParameters"]["seed"] == str(stage.event["plan"]["seed"])


def check_training_job(stage: Stage) -> None:
    with sagemaker({"DescribeTrainingJob": {"TrainingJobStatus": "InProgress"}}) as service:
        result = stage.invoke(AWS_ENDPOINT_URL_SAGEMAKER=service.url)
    assert service.calls == [("DescribeTrainingJob", {"TrainingJobName": stage.event["job"]})]
    assert result["outcome"] == "RUNNING"


def evaluate_model(stage: Stage) -> None:
    lake = have_files(stage)
    have_registry(stage)
    stage.undo.callback(stage.remove_object, lake, key("scores-"))
    result = stage.invoke()
    assert (result["outcome"], result["frozen_rows"], result["live_rows"]) == ("EVALUATED", 3000, 0)
    found = json.loads(stage.object(lake, result["scores_key"]) or b"{}")
    assert found["overall"]["leak"]["rows"] == 3000


def have_scores(stage: Stage) -> None:
    """Have the scores that the events name."""
    one = {
        "rows": 400,
        "events": 100,
        "auc": 0.9,
        "brier": 0.1,
        "calibration_error": 0.02,
        "recall": 0.6,
        "false_alarms": 0.01,
    }
    overall = json.dumps({"overall": {"leak": one}}).encode()
    lake = stage.bucket("Lake")
    for name in ("scores-01234567.json", "scores-01234567-of-shipped.json"):
        stage.put_object(lake, key(name), overall)


def judge_model(stage: Stage) -> None:
    have_scores(stage)
    assert stage.invoke() == {"outcome": "PASSED", "reasons": []}


def register_model(stage: Stage) -> None:
    lake = have_files(stage)
    have_scores(stage)
    have_registry(stage)
    stage.undo.callback(stage.remove_object, lake, key("card.md"))
    result = stage.invoke()
    assert (result["outcome"], result["version"]) == ("CANDIDATE", VERSION)
    assert state(stage) == "candidate"
    assert VERSION in (stage.object(lake, result["card_key"]) or b"").decode()


def start_canary(stage: Stage) -> None:
    have_registry(stage, "candidate")
    assert stage.invoke()["outcome"] == "STARTED"
    assert state(stage) == "canary"


def watch_canary(stage: Stage) -> None:
    """Its time is long over and nobody was scored: no success."""
    have_registry(stage, "canary")
    result = stage.invoke()
    assert (result["outcome"], result["canary_rows"]) == ("ROLL_BACK", 0)
    assert "too few to compare" in result["reasons"][0]


def promote_model(stage: Stage) -> None:
    have_registry(stage, "canary")
    assert stage.invoke()["outcome"] == "CURRENT"
    assert state(stage) == "current"


def roll_back_model(stage: Stage) -> None:
    have_registry(stage, "canary")
    assert stage.invoke()["outcome"] == "REJECTED"
    assert state(stage) == "rejected"


def announce_model(stage: Stage) -> None:
    heard = stage.listen("ModelChanged")
    result = stage.invoke()
    assert [one["version"] for one in heard() if one["event_id"] == result["event_id"]] == [VERSION]
