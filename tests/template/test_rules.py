"""The templates keep the rules of decision 0005, and each check has been seen to refuse a bad template."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.template import rules, samples
from tests.template.cloudformation import Stack, everywhere, project, template_files

Spoil = Callable[[dict[str, Any]], object]


def test_there_is_a_template_with_nested_stacks() -> None:
    assert [path.name for path in template_files()][:1] == ["template.yaml"]
    assert {"Storage", "Identity", "Delivery"} <= set(project().nested)


@pytest.mark.parametrize("check", rules.CHECKS, ids=lambda check: check.__name__)
def test_the_templates_keep(check: Callable[[Stack], list[str]]) -> None:
    assert not (problems := everywhere(check)), "\n".join(problems)


@pytest.mark.parametrize("check", rules.CHECKS, ids=lambda check: check.__name__)
def test_the_good_sample_passes(check: Callable[[Stack], list[str]]) -> None:
    assert check(samples.built(samples.good())) == []


def _properties(template: dict[str, Any], name: str) -> dict[str, Any]:
    properties: dict[str, Any] = template["Resources"][name].setdefault("Properties", {})
    return properties


def _statement(template: dict[str, Any], name: str = "FindMeterFunction", number: int = 0) -> dict[str, Any]:
    statement: dict[str, Any] = _properties(template, name)["Policies"][0]["Statement"][number]
    return statement


def _event(template: dict[str, Any], name: str, event: str) -> dict[str, Any]:
    properties: dict[str, Any] = _properties(template, name)["Events"][event]["Properties"]
    return properties


def _suffixes(template: dict[str, Any]) -> list[Any]:
    keys: list[Any] = _properties(template, "Uploaded")["EventPattern"]["detail"]["object"]["key"]
    return keys


def _two_suffixes(template: dict[str, Any]) -> None:
    rules_ = [{"Name": "suffix", "Value": ".jpg"}, {"Name": "Suffix", "Value": ".png"}]
    _properties(template, "Uploads")["NotificationConfiguration"] = {
        "QueueConfigurations": [{"Queue": "q", "Event": "s3:ObjectCreated:*", "Filter": {"S3Key": {"Rules": rules_}}}]
    }


def _many(template: dict[str, Any]) -> None:
    for number in range(rules.MAXIMUM_RESOURCES):
        template["Resources"][f"Queue{number}"] = {"Type": "AWS::SQS::Queue"}


def _async_function(template: dict[str, Any]) -> None:
    arn = {"Fn::GetAtt": ["FindMeterFunction", "Arn"]}
    _properties(template, "Uploaded")["Targets"].append({"Id": "F", "Arn": arn, "DeadLetterConfig": {"Arn": "x"}})


def _scheduled(template: dict[str, Any]) -> None:
    target = {"Arn": {"Fn::GetAtt": ["FindMeterFunction", "Arn"]}, "RoleArn": "x"}
    template["Resources"]["Hourly"] = {"Type": "AWS::Scheduler::Schedule", "Properties": {"Target": target}}


def _allow_plain(template: dict[str, Any], policy: str) -> None:
    """Turn the one refusal of a policy into something that looks like it."""
    for statement in _properties(template, policy)["PolicyDocument"]["Statement"]:
        if statement["Effect"] == "Deny":
            statement["Condition"] = {"Bool": {"aws:SecureTransport": "true"}}


def _behaviour(template: dict[str, Any], number: int) -> dict[str, Any]:
    distribution = _properties(template, "Site")["DistributionConfig"]
    found: dict[str, Any] = [distribution["DefaultCacheBehavior"], *distribution["CacheBehaviors"]][number]
    return found


def _api_origin(template: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = _properties(template, "Site")["DistributionConfig"]["Origins"][1]["CustomOriginConfig"]
    return found


FUNCTION, MACHINE = "FindMeterFunction", "InspectionStateMachine"

BAD: list[tuple[Callable[[Stack], list[str]], str, Spoil, str]] = [
    (
        rules.check_roles,
        "a shared role",
        lambda t: [
            _properties(t, name).update(Role={"Fn::GetAtt": ["ReadQueueFunctionRole", "Arn"]})
            for name in (FUNCTION, "AskPersonFunction")
        ],
        "shares",
    ),
    (rules.check_roles, "a foreign role", lambda t: _properties(t, FUNCTION).update(Role="arn:x"), "no role"),
    (rules.check_log_groups, "no group", lambda t: _properties(t, FUNCTION).pop("LoggingConfig"), "no log group"),
    (rules.check_log_groups, "a silent machine", lambda t: _properties(t, MACHINE).pop("Logging"), "does not log"),
    (
        rules.check_log_groups,
        "people in the log",
        lambda t: _properties(t, MACHINE)["Logging"].update(IncludeExecutionData=True),
        "execution data",
    ),
    (rules.check_log_groups, "logs for ever", lambda t: _properties(t, "Logs").pop("RetentionInDays"), "for ever"),
    (rules.check_functions, "no description", lambda t: _properties(t, FUNCTION).pop("Description"), "Description"),
    (rules.check_functions, "no trace", lambda t: _properties(t, FUNCTION).update(Tracing="PassThrough"), "trace"),
    (rules.check_functions, "no tags", lambda t: t["Globals"]["Function"].pop("Tags"), "tags"),
    (rules.check_functions, "an untraced machine", lambda t: _properties(t, MACHINE).pop("Tracing"), "trace"),
    (rules.check_runtime, "a fixed runtime", lambda t: _properties(t, FUNCTION).update(Runtime="python3.13"), "param"),
    (
        rules.check_runtime,
        "an old runtime",
        lambda t: t["Parameters"]["PythonRuntime"]["AllowedValues"].append("python3.9"),
        "past its life",
    ),
    (rules.check_failures_end_somewhere, "an asynchronous function", _async_function, "without waiting"),
    (
        rules.check_failures_end_somewhere,
        "a rule",
        lambda t: _event(t, MACHINE, "Asked").pop("DeadLetterConfig"),
        "no dead-letter queue",
    ),
    (
        rules.check_failures_end_somewhere,
        "a bus",
        lambda t: _properties(t, "Bus").pop("DeadLetterConfig"),
        "no dead-letter queue",
    ),
    (rules.check_least_privilege, "an open action", lambda t: _statement(t).update(Action="dynamodb:*"), "dynamodb:*"),
    (rules.check_least_privilege, "everything", lambda t: _statement(t).update(Resource="*"), "on everything"),
    (
        rules.check_least_privilege,
        "a resource where the service knows none",
        lambda t: _statement(t).update(Action="states:SendTaskSuccess", Resource={"Ref": "ChildStateMachine"}),
        "never matches",
    ),
    (
        rules.check_least_privilege,
        "phone numbers and every topic",
        lambda t: _statement(t, number=4).update(Resource={"Ref": "Alarms"}),
        "allows sns:Publish on everything",
    ),
    (
        rules.check_least_privilege,
        "every table",
        lambda t: _statement(t).update(
            Resource={"Fn::Sub": "arn:aws:dynamodb:${AWS::Region}:${AWS::AccountId}:table/*"}
        ),
        "names nothing",
    ),
    (
        rules.check_least_privilege,
        "all but one",
        lambda t: (_statement(t).pop("Resource"), _statement(t).update(NotResource="x")),
        "everything but some",
    ),
    (
        rules.check_least_privilege,
        "all actions but one",
        lambda t: (_statement(t).pop("Action"), _statement(t).update(NotAction="iam:PassRole")),
        "by exception",
    ),
    (
        rules.check_public_access,
        "everybody",
        lambda t: _properties(t, "DeadEventsPolicy")["PolicyDocument"]["Statement"][0].update(Principal="*"),
        "everybody",
    ),
    (
        rules.check_public_access,
        "every account",
        lambda t: _properties(t, "DeadEventsPolicy")["PolicyDocument"]["Statement"][0].update(Principal={"AWS": "*"}),
        "every account",
    ),
    (rules.check_timeouts, "a long wait", lambda t: _properties(t, FUNCTION).update(Timeout=301), "at most 300"),
    *[
        (
            rules.check_serverless,
            kind,
            lambda t, kind=kind: t["Resources"].update(Machine={"Type": kind}),
            "not among the serverless",
        )
        for kind in ("AWS::EC2::Instance", "AWS::ECS::Service", "AWS::RDS::DBInstance", "AWS::SageMaker::Endpoint")
    ],
    (
        rules.check_serverless,
        "a function that never rests",
        lambda t: _properties(t, FUNCTION).update(
            AutoPublishAlias="live", ProvisionedConcurrencyConfig={"ProvisionedConcurrentExecutions": 1}
        ),
        "keeps functions running",
    ),
    (rules.check_encrypted_connections, "a plain queue", lambda t: _allow_plain(t, "JobsPolicy"), "Jobs: may be"),
    (
        rules.check_encrypted_connections,
        "a plain dead-letter queue",
        lambda t: _properties(t, "JobsPolicy")["Queues"].pop(),
        "DeadJobs: may be",
    ),
    (
        rules.check_encrypted_connections,
        "one queue forgotten",
        lambda t: _properties(t, "JobsPolicy")["PolicyDocument"]["Statement"][0]["Resource"].pop(0),
        "Jobs: may be",
    ),
    (rules.check_encrypted_connections, "a plain topic", lambda t: _allow_plain(t, "AlarmsAccess"), "Alarms: may be"),
    (
        rules.check_encrypted_connections,
        "TLS 1.0 at the API",
        lambda t: _properties(t, "Api").update(SecurityPolicy="TLS_1_0"),
        "older than 1.2",
    ),
    (
        rules.check_encrypted_connections,
        "a policy without its access mode",
        lambda t: _properties(t, "Api").pop("EndpointAccessMode"),
        "older than 1.2",
    ),
    (
        rules.check_encrypted_connections,
        "the site over HTTP",
        lambda t: _behaviour(t, 0).update(ViewerProtocolPolicy="allow-all"),
        "answers allow-all for site",
    ),
    (
        rules.check_encrypted_connections,
        "the API redirected when the token is on the wire already",
        lambda t: _behaviour(t, 1).update(ViewerProtocolPolicy="redirect-to-https"),
        "answers redirect-to-https for api",
    ),
    (
        rules.check_encrypted_connections,
        "plain HTTP unless somebody says otherwise",
        lambda t: t["Parameters"]["ViewerProtocolPolicy"].update(Default="allow-all"),
        "answers allow-all for site",
    ),
    (
        rules.check_encrypted_connections,
        "CloudFront and the API over HTTP",
        lambda t: _api_origin(t).update(OriginProtocolPolicy="match-viewer"),
        "plain HTTP",
    ),
    (
        rules.check_encrypted_connections,
        "CloudFront and the API over old TLS",
        lambda t: _api_origin(t).update(OriginSSLProtocols=["TLSv1", "TLSv1.2"]),
        "TLS older",
    ),
    (rules.check_topics, "a plain topic", lambda t: _properties(t, "Alarms").pop("KmsMasterKeyId"), "not encrypted"),
    (rules.check_queues, "too short", lambda t: _properties(t, "Jobs").update(VisibilityTimeout=89), "6 x 15"),
    (
        rules.check_queues,
        "gives up soon",
        lambda t: _properties(t, "Jobs")["RedrivePolicy"].update(maxReceiveCount=3),
        "after 3",
    ),
    (rules.check_queues, "no end", lambda t: _properties(t, "Jobs").pop("RedrivePolicy"), "no dead-letter"),
    (
        rules.check_queues,
        "dead letters forgotten",
        lambda t: _properties(t, "DeadJobs").pop("MessageRetentionPeriod"),
        "longer than",
    ),
    (rules.check_queues, "open", lambda t: _properties(t, "Jobs").pop("SqsManagedSseEnabled"), "encrypted"),
    (rules.check_queues, "half FIFO", lambda t: _properties(t, "Jobs").update(FifoQueue=True), "FIFO"),
    (
        rules.check_mappings,
        "a whole batch fails",
        lambda t: _event(t, "ReadQueueFunction", "Queue").pop("FunctionResponseTypes"),
        "report",
    ),
    *[
        (
            rules.check_mappings,
            f"a stream without {key}",
            lambda t, key=key: _event(t, "ReadStreamFunction", "Stream").pop(key),
            word,
        )
        for key, word in (
            ("BisectBatchOnFunctionError", "bisect"),
            ("MaximumRetryAttempts", "endless"),
            ("MaximumRecordAgeInSeconds", "endless"),
            ("DestinationConfig", "nowhere"),
        )
    ],
    (
        rules.check_mappings,
        "a stream from now on",
        lambda t: _event(t, "ReadStreamFunction", "Stream").update(StartingPosition="LATEST"),
        "TRIM_HORIZON",
    ),
    *[
        (rules.check_tables, f"without {key}", lambda t, key=key: _properties(t, "Meters").pop(key), word)
        for key, word in (
            ("PointInTimeRecoverySpecification", "restored"),
            ("SSESpecification", "encrypted"),
            ("BillingMode", "on demand"),
            ("DeletionProtectionEnabled", "deletion protection"),
        )
    ],
    (
        rules.check_tables,
        "protection that no parameter turns off",
        lambda t: _properties(t, "Meters").update(DeletionProtectionEnabled=True),
        "parameter",
    ),
    (
        rules.check_tables,
        "an idle attribute",
        lambda t: _properties(t, "Meters")["AttributeDefinitions"].append({"AttributeName": "x", "AttributeType": "S"}),
        "no key uses",
    ),
    (
        rules.check_what_holds_data_outlives_its_stack,
        "deleted with its stack",
        lambda t: t["Resources"]["Meters"].pop("DeletionPolicy"),
        "DeletionPolicy",
    ),
    (
        rules.check_what_holds_data_outlives_its_stack,
        "deleted when replaced",
        lambda t: t["Resources"]["Uploads"].update(UpdateReplacePolicy="Delete"),
        "UpdateReplacePolicy",
    ),
    (rules.check_buckets, "plain", lambda t: _properties(t, "Uploads").pop("BucketEncryption"), "encrypted"),
    (
        rules.check_buckets,
        "public",
        lambda t: _properties(t, "Uploads")["PublicAccessBlockConfiguration"].update(BlockPublicPolicy=False),
        "BlockPublicPolicy",
    ),
    (
        rules.check_buckets,
        "without TLS",
        lambda t: _properties(t, "UploadsPolicy")["PolicyDocument"]["Statement"].pop(0),
        "without TLS",
    ),
    (rules.check_buckets, "TLS for nobody", lambda t: _allow_plain(t, "UploadsPolicy"), "without TLS"),
    (rules.check_buckets, "access lists", lambda t: _properties(t, "Uploads").pop("OwnershipControls"), "access lists"),
    (rules.check_buckets, "untidy", lambda t: _properties(t, "Uploads").pop("LifecycleConfiguration"), "unfinished"),
    (
        rules.check_upload_notifications,
        "every bucket",
        lambda t: _properties(t, "Uploaded")["EventPattern"]["detail"].pop("bucket"),
        "every bucket",
    ),
    (
        rules.check_upload_notifications,
        "another bucket beside ours",
        lambda t: _properties(t, "Uploaded")["EventPattern"]["detail"]["bucket"]["name"].append("x"),
        "alone",
    ),
    (
        rules.check_upload_notifications,
        "the bucket of our own copies",
        lambda t: _properties(t, "Uploaded")["EventPattern"]["detail"]["bucket"].update(name=["photos"]),
        "alone",
    ),
    (rules.check_upload_notifications, "two suffixes in one filter", _two_suffixes, "two suffix"),
    (
        rules.check_upload_notifications,
        "only small letters",
        lambda t: _suffixes(t).__setitem__(0, {"suffix": ".jpg"}),
        "any case",
    ),
    (rules.check_upload_notifications, "no PNG", lambda t: _suffixes(t).pop(), "any case"),
    (rules.check_upload_notifications, "prefix or suffix", lambda t: _suffixes(t).append({"prefix": "a/"}), "OR"),
    (
        rules.check_physical_names,
        "the same name in every stack",
        lambda t: _properties(t, "Jobs").update(QueueName="jobs"),
        "is called jobs",
    ),
    (rules.check_failures_end_somewhere, "a scheduled function", _scheduled, "FindMeterFunction: is invoked without"),
    (rules.check_failures_end_somewhere, "a schedule", _scheduled, "Hourly: has no dead-letter queue"),
    (rules.check_size, "too many", _many, "at most 400"),
    (
        rules.check_api,
        "an open route",
        lambda t: _event(t, "AskPersonFunction", "Api").update(Auth={"Authorizer": "NONE"}),
        "no token",
    ),
    (rules.check_api, "no trace", lambda t: _properties(t, "Api").pop("TracingEnabled"), "trace"),
    (
        rules.check_edge_functions,
        "a long function at the edge",
        lambda t: t["Resources"].update(
            Edge={"Type": "AWS::CloudFront::Function", "Properties": {"FunctionCode": {"Fn::Sub": "x" * 10_241}}}
        ),
        "10241 bytes",
    ),
    (rules.check_api, "no throttle", lambda t: _properties(t, "Api").pop("MethodSettings"), "throttle"),
]


@pytest.mark.parametrize(("check", "what", "spoil", "word"), BAD, ids=[f"{b[0].__name__}-{b[1]}" for b in BAD])
def test_a_bad_template_is_refused(check: Callable[[Stack], list[str]], what: str, spoil: Spoil, word: str) -> None:
    template = samples.good()
    spoil(template)
    problems = check(samples.built(template))
    assert any(word in problem for problem in problems), f"{what} passed: {problems}"


@pytest.mark.parametrize("stage", ["development", "staging", "production"])
def test_every_stage_but_the_laptops_asks_for_https(stage: str) -> None:
    """The nested stack's defaults are those of AWS; what the root hands it must not undo them."""
    root = project()
    given = root.resources["Delivery"]["Properties"]["Parameters"]
    on = {key: rules.on_aws(root, value, {"Stage": stage}) for key, value in given.items()}
    assert (on["ApiProtocol"], on["ApiPort"]) == ("https-only", 443)
    delivery = root.nested["Delivery"]
    distribution = delivery.resources["Distribution"]["Properties"]["DistributionConfig"]
    behaviours = [distribution["DefaultCacheBehavior"], *distribution["CacheBehaviors"]]
    protocols = {b["TargetOriginId"]: rules.on_aws(delivery, b["ViewerProtocolPolicy"], on) for b in behaviours}
    assert protocols == {"site": "redirect-to-https", "api": "https-only"}


def test_every_check_has_been_seen_to_refuse() -> None:
    assert {bad[0] for bad in BAD} == set(rules.CHECKS)
