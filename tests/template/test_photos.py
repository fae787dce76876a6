"""What the templates promise of photos: how long they live and where, which way they come in, what reading may cost."""

from __future__ import annotations

from typing import Any

import pytest

from meterflow import spending
from meterflow.photo_reading import READERS
from tests.template.cloudformation import Stack, project


def storage() -> Stack:
    return project().nested["Storage"]


def lifecycle(bucket: str) -> dict[str, Any]:
    """The one rule of a bucket."""
    properties = storage().of_type("AWS::S3::Bucket")[bucket]
    (rule,) = properties["LifecycleConfiguration"]["Rules"]
    assert rule["Status"] == "Enabled"
    # A rule with a prefix would leave the rest for ever.
    assert not {"Prefix", "TagFilters", "ObjectSizeGreaterThan"} & set(rule)
    return dict(rule)


def parameter(name: str, here: Stack | None = None) -> dict[str, Any]:
    found: dict[str, Any] = (here or project()).source["Parameters"][name]
    return found


# --- retention --------------------------------------------------------------------------------------------------


def test_uploads_live_for_a_day_in_every_version() -> None:
    rule = lifecycle("UploadsBucket")
    assert rule["ExpirationInDays"] == 1
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


def test_kept_photos_move_to_cheaper_storage_and_are_forgotten() -> None:
    rule = lifecycle("PhotosBucket")
    assert rule["Transitions"] == [
        {"StorageClass": "STANDARD_IA", "TransitionInDays": {"Ref": "PhotoInfrequentDays"}},
        {"StorageClass": "GLACIER_IR", "TransitionInDays": {"Ref": "PhotoArchiveDays"}},
    ]
    assert rule["ExpirationInDays"] == {"Ref": "PhotoRetentionDays"}


def test_old_versions_and_unfinished_uploads_of_kept_photos_go() -> None:
    rule = lifecycle("PhotosBucket")
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


@pytest.mark.parametrize("name", ["PhotoInfrequentDays", "PhotoArchiveDays", "PhotoRetentionDays"])
def test_days_are_parameters_of_the_deployment(name: str) -> None:
    assert project().resources["Storage"]["Properties"]["Parameters"][name] == {"Ref": name}
    outer, inner = parameter(name), parameter(name, storage())
    assert (outer["Default"], outer["MinValue"]) == (inner["Default"], inner["MinValue"])


def test_the_days_are_in_the_order_that_s3_takes() -> None:
    """Standard-IA bills 30 days at least and takes objects after 30; Glacier Instant Retrieval bills 90 at least."""
    infrequent, archive, gone = (
        parameter(name) for name in ("PhotoInfrequentDays", "PhotoArchiveDays", "PhotoRetentionDays")
    )
    assert infrequent["MinValue"] >= 30
    assert archive["Default"] >= infrequent["Default"] + 30
    assert gone["Default"] >= archive["Default"] + 90
    assert gone["MinValue"] >= archive["MinValue"] + 90


# --- two ways in, never both ------------------------------------------------------------------------------------


def rules_of_uploads() -> dict[str, dict[str, Any]]:
    return {
        name: rule
        for name, rule in project().of_type("AWS::Events::Rule").items()
        if (rule.get("EventPattern") or {}).get("source") == ["aws.s3"]
    }


def state(rule: dict[str, Any], through_queue: bool) -> str:
    """The rule's state for one value of the parameter."""
    name, yes, no = rule["State"]["Fn::If"]
    assert project().source["Conditions"][name] == {"Fn::Equals": [{"Ref": "PhotoIntake"}, "queue"]}
    return str(yes if through_queue else no)


@pytest.mark.parametrize(("through_queue", "target"), [(True, "PhotoQueue"), (False, "ImageValidationStateMachine")])
def test_an_upload_goes_one_way(through_queue: bool, target: str) -> None:
    on = [rule for rule in rules_of_uploads().values() if state(rule, through_queue) == "ENABLED"]
    assert len(on) == 1
    (only,) = on[0]["Targets"]
    assert project().logical_id(only["Arn"]) == target
    assert parameter("PhotoIntake")["AllowedValues"] == ["direct", "queue"]


def test_both_ways_take_the_same_uploads_of_the_same_bucket() -> None:
    patterns = [rule["EventPattern"] for rule in rules_of_uploads().values()]
    assert len(patterns) == 2
    assert patterns[0] == patterns[1]
    assert project().text(patterns[0]["detail"]["bucket"]["name"][0]) == "${Storage.Outputs.UploadsBucketName}"


def test_the_queue_is_drained_also_after_it_was_switched_off() -> None:
    (mapping,) = [
        one
        for one in project().of_type("AWS::Lambda::EventSourceMapping").values()
        if project().logical_id(one["EventSourceArn"]) == "PhotoQueue"
    ]
    assert "Enabled" not in mapping
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert project().logical_id(mapping["FunctionName"]) == "StartValidationFunction"


def test_a_poisoned_upload_ends_where_an_alarm_looks() -> None:
    queue = project().of_type("AWS::SQS::Queue")
    redrive = queue["PhotoQueue"]["RedrivePolicy"]
    assert project().logical_id(redrive["deadLetterTargetArn"]) == "PhotoDeadLetterQueue"
    assert redrive["maxReceiveCount"] >= 5
    assert queue["PhotoDeadLetterQueue"]["MessageRetentionPeriod"] == 14 * 86_400
    # What is older than the upload itself can only be found missing.
    assert queue["PhotoQueue"]["MessageRetentionPeriod"] <= 86_400
    timeout = project().resources["StartValidationFunction"]["Properties"]["Timeout"]
    assert queue["PhotoQueue"]["VisibilityTimeout"] >= 6 * timeout
    alarm = project().of_type("AWS::CloudWatch::Alarm")["PhotoDeadLetterAlarm"]
    assert project().logical_id(alarm["Dimensions"][0]["Value"]) == "PhotoDeadLetterQueue"
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")


# --- reading ----------------------------------------------------------------------------------------------------


def test_the_reader_is_a_parameter() -> None:
    assert tuple(parameter("PhotoReader")["AllowedValues"]) == READERS
    assert parameter("PhotoReader")["Default"] == "rekognition"
    variables = project().resources["ReadPhotoFunction"]["Properties"]["Environment"]["Variables"]
    assert variables["PHOTO_READER"] == {"Ref": "PhotoReader"}
    assert variables["REKOGNITION_BUDGET_USD"] == {"Ref": "RekognitionBudgetUsd"}
    assert variables["REKOGNITION_PRICE_USD"] == {"Ref": "RekognitionPriceUsd"}


def test_the_open_reader_has_a_core() -> None:
    properties = project().resources["ReadPhotoFunction"]["Properties"]
    assert properties["MemorySize"] >= 1769
    assert properties["Timeout"] <= 300


def test_somebody_hears_of_the_budget_before_it_is_gone() -> None:
    alarm = project().of_type("AWS::CloudWatch::Alarm")["RekognitionBudgetAlarm"]
    assert alarm["Threshold"] == spending.WARN_PERCENT
    assert (alarm["Namespace"], alarm["MetricName"]) == ("Meterflow", "RekognitionBudgetUsed")
    dimensions = {one["Name"]: one["Value"] for one in alarm["Dimensions"]}
    # As the function writes them: meterflow.observability.
    assert dimensions == {"service": "meterflow", "step": {"Ref": "ReadPhotoFunction"}}
    assert alarm["AlarmActions"]


def test_only_one_function_may_pay() -> None:
    payers = {
        name
        for name, role in project().of_type("AWS::IAM::Role").items()
        if "rekognition:DetectText" in str(role.get("Policies"))
    }
    assert payers == {"ReadPhotoFunctionRole"}
