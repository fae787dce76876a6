"""Every connection has exactly the permission that AWS asks for; missing and superfluous both fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.template import permissions, samples
from tests.template.cloudformation import ROOT, Stack, everywhere, parse
from tests.workflow import asl
from tests.workflow import samples as machines

Spoil = Callable[[dict[str, Any]], object]


def definitions(here: Stack) -> dict[str, asl.Machine]:
    """The definitions that the template names, by logical id."""
    return {
        name: asl.load(ROOT / resource["Properties"]["DefinitionUri"])
        for name, resource in here.source["Resources"].items()
        if resource["Type"] == "AWS::Serverless::StateMachine"
    }


def check_machines(here: Stack) -> list[str]:
    return permissions.check_state_machines(here, definitions(here))


def check_sample_machines(here: Stack) -> list[str]:
    child = machines.good()
    child["States"] = {name: child["States"][name] for name in ("FindMeter", "Done", "MeterNotFound")}
    child["States"]["FindMeter"]["Next"] = "Done"
    return permissions.check_state_machines(
        here, {"InspectionStateMachine": machines.good(), "ChildStateMachine": child}
    )


OTHERS = (
    permissions.check_event_sources,
    permissions.check_invocations,
    permissions.check_rule_targets,
    permissions.check_senders,
    permissions.check_site_access,
    permissions.check_unknown_connections,
)


@pytest.mark.parametrize("check", [check_machines, *OTHERS], ids=lambda check: check.__name__)
def test_the_templates_grant_exactly_what_their_connections_need(check: Callable[[Stack], list[str]]) -> None:
    assert not (problems := everywhere(check)), "\n".join(problems)


@pytest.mark.parametrize("check", [check_sample_machines, *OTHERS], ids=lambda check: check.__name__)
def test_the_good_sample_passes(check: Callable[[Stack], list[str]]) -> None:
    assert check(samples.built(samples.good())) == []


def _properties(template: dict[str, Any], name: str) -> dict[str, Any]:
    properties: dict[str, Any] = template["Resources"][name].setdefault("Properties", {})
    return properties


def _statements(template: dict[str, Any], name: str = "InspectionStateMachine") -> list[dict[str, Any]]:
    policies = _properties(template, name).setdefault("Policies", [{"Statement": []}])
    found: list[dict[str, Any]] = policies[0]["Statement"]
    return found


def _allow(action: str, resource: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def _sender(template: dict[str, Any]) -> dict[str, Any]:
    statement: dict[str, Any] = _properties(template, "DeadEventsPolicy")["PolicyDocument"]["Statement"][0]
    return statement


def _add(template: dict[str, Any], name: str, kind: str, **properties: Any) -> None:
    template["Resources"][name] = {"Type": kind, "Properties": properties}


def _subscribe(template: dict[str, Any], protocol: str, endpoint: str) -> None:
    arn = {"Fn::GetAtt": [endpoint, "Arn"]}
    _add(template, "Sub", "AWS::SNS::Subscription", Protocol=protocol, Endpoint=arn, TopicArn={"Ref": "Alarms"})


def _topic_policy(template: dict[str, Any], service: str) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sns:Publish",
        "Resource": {"Ref": "Alarms"},
        "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
    }
    document = {"Statement": [statement]}
    _add(template, "AlarmsAccess", "AWS::SNS::TopicPolicy", Topics=[{"Ref": "Alarms"}], PolicyDocument=document)


def _schedule(template: dict[str, Any], target: str) -> None:
    dead = {"Arn": {"Fn::GetAtt": ["DeadJobs", "Arn"]}}
    arn = {"Fn::GetAtt": [target, "Arn"]}
    _add(template, "Hourly", "AWS::Scheduler::Schedule", Target={"Arn": arn, "RoleArn": "x", "DeadLetterConfig": dead})


ROLE_OF_QUEUE = {
    "AssumeRolePolicyDocument": {
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": ["lambda.amazonaws.com"]}}
        ]
    }
}

BAD: list[tuple[Callable[[Stack], list[str]], str, Spoil, str]] = [
    (
        check_sample_machines,
        "a function that it may not invoke",
        lambda t: _statements(t)[0]["Resource"].pop(),
        "lacks lambda:InvokeFunction on ${AskPersonFunction.Arn}",
    ),
    (
        check_sample_machines,
        "a function too many",
        lambda t: _statements(t)[0]["Resource"].append({"Fn::GetAtt": ["ReadQueueFunction", "Arn"]}),
        "need not have lambda:InvokeFunction on ${ReadQueueFunction.Arn}",
    ),
    (check_sample_machines, "no start", lambda t: _statements(t).pop(1), "lacks states:StartExecution"),
    (check_sample_machines, "no describe", lambda t: _statements(t).pop(2), "lacks states:DescribeExecution"),
    (check_sample_machines, "no rule", lambda t: _statements(t).pop(3), "lacks events:PutRule"),
    (check_sample_machines, "no log", lambda t: _statements(t).pop(4), "lacks logs:CreateLogDelivery on *"),
    (
        check_sample_machines,
        "half a rule",
        lambda t: _statements(t)[3]["Action"].remove("events:DescribeRule"),
        "lacks events:DescribeRule",
    ),
    (
        check_sample_machines,
        "another rule",
        lambda t: _statements(t)[3].update(Resource="*"),
        "need not have events:PutRule on *",
    ),
    (
        check_sample_machines,
        "a right that no state uses",
        lambda t: _statements(t).append(_allow("sns:Publish", {"Ref": "Alarms"})),
        "need not have sns:Publish on ${Alarms.Arn}",
    ),
    (
        check_sample_machines,
        "a substitution that is not there",
        lambda t: _properties(t, "InspectionStateMachine")["DefinitionSubstitutions"].pop("AnswerSeconds"),
        "AnswerSeconds",
    ),
    (
        check_sample_machines,
        "a substitution that nobody uses",
        lambda t: _properties(t, "InspectionStateMachine")["DefinitionSubstitutions"].update(Idle="1"),
        "gives Idle",
    ),
    (
        check_sample_machines,
        "a machine without a definition",
        lambda t: t["Resources"].update(OtherStateMachine=t["Resources"]["ChildStateMachine"]),
        "no definition",
    ),
    (
        permissions.check_event_sources,
        "what failed cannot be sent",
        lambda t: _properties(t, "ReadStreamFunction").pop("Policies"),
        "lacks sqs:SendMessage on ${DeadJobs.Arn}",
    ),
    (
        permissions.check_event_sources,
        "a role by hand that may not read",
        lambda t: (
            _add(t, "ByHand", "AWS::IAM::Role", **ROLE_OF_QUEUE),
            _properties(t, "ReadQueueFunction").update(Role={"Fn::GetAtt": ["ByHand", "Arn"]}),
        ),
        "lacks sqs:ReceiveMessage on ${Jobs.Arn}",
    ),
    (
        permissions.check_event_sources,
        "a queue that is not its own",
        lambda t: _statements(t, "FindMeterFunction").append(
            _allow("sqs:ReceiveMessage", {"Fn::GetAtt": ["Jobs", "Arn"]})
        ),
        "need not have sqs:ReceiveMessage",
    ),
    (
        permissions.check_event_sources,
        "functions that call each other",
        lambda t: _statements(t, "FindMeterFunction").append(
            _allow("lambda:InvokeFunction", {"Fn::GetAtt": ["AskPersonFunction", "Arn"]})
        ),
        "do not call each other",
    ),
    (
        permissions.check_event_sources,
        "a policy of AWS",
        lambda t: _properties(t, "FindMeterFunction")["Policies"].append("AmazonDynamoDBFullAccess"),
        "need not have AmazonDynamoDBFullAccess",
    ),
    (
        permissions.check_event_sources,
        "a dead-letter queue that it may not reach",
        lambda t: (
            _add(t, "ByHand", "AWS::IAM::Role", **ROLE_OF_QUEUE),
            _properties(t, "AskPersonFunction").update(
                Role={"Fn::GetAtt": ["ByHand", "Arn"]},
                DeadLetterQueue={"Type": "SQS", "TargetArn": {"Fn::GetAtt": ["DeadJobs", "Arn"]}},
            ),
        ),
        "AskPersonFunction: lacks sqs:SendMessage",
    ),
    (
        permissions.check_invocations,
        "a permission that no route needs",
        lambda t: _add(
            t,
            "Open",
            "AWS::Lambda::Permission",
            FunctionName={"Ref": "FindMeterFunction"},
            Action="lambda:InvokeFunction",
            Principal="s3.amazonaws.com",
        ),
        "s3.amazonaws.com need not invoke it from anybody",
    ),
    (
        permissions.check_invocations,
        "a rule that may not invoke",
        lambda t: _properties(t, "Uploaded")["Targets"].append(
            {"Id": "F", "Arn": {"Fn::GetAtt": ["FindMeterFunction", "Arn"]}}
        ),
        "events.amazonaws.com may not invoke it from ${Uploaded.Arn}",
    ),
    (
        permissions.check_invocations,
        "a topic that may not invoke",
        lambda t: _subscribe(t, "lambda", "FindMeterFunction"),
        "sns.amazonaws.com may not invoke it",
    ),
    (
        permissions.check_rule_targets,
        "a rule that may not start",
        lambda t: _properties(t, "Uploaded")["Targets"].append({"Id": "M", "Arn": {"Ref": "ChildStateMachine"}}),
        "lacks states:StartExecution on ${ChildStateMachine.Arn}",
    ),
    (
        permissions.check_rule_targets,
        "a schedule that may not invoke",
        lambda t: _schedule(t, "FindMeterFunction"),
        "Hourly: lacks lambda:InvokeFunction on ${FindMeterFunction.Arn}",
    ),
    (
        permissions.check_rule_targets,
        "a schedule that may not write its dead letters",
        lambda t: _schedule(t, "FindMeterFunction"),
        "Hourly: lacks sqs:SendMessage on ${DeadJobs.Arn}",
    ),
    (
        permissions.check_rule_targets,
        "a schedule of something else",
        lambda t: _schedule(t, "Uploads"),
        "not derived yet",
    ),
    (
        permissions.check_event_sources,
        "more than reading",
        lambda t: _properties(t, "ReadQueueFunction").update(
            Policies=[{"Statement": [_allow("sqs:ChangeMessageVisibility", {"Fn::GetAtt": ["Jobs", "Arn"]})]}]
        ),
        "need not have sqs:ChangeMessageVisibility",
    ),
    (
        permissions.check_senders,
        "a queue without its policy",
        lambda t: t["Resources"].pop("DeadEventsPolicy"),
        "DeadEvents: events.amazonaws.com may not send",
    ),
    (
        permissions.check_senders,
        "a queue that nobody sends to",
        lambda t: _sender(t)["Principal"].update(Service=["events.amazonaws.com", "s3.amazonaws.com"]),
        "s3.amazonaws.com need not send",
    ),
    (permissions.check_senders, "any account", lambda t: _sender(t).pop("Condition"), "any account"),
    (
        permissions.check_senders,
        "more than sending",
        lambda t: _sender(t).update(Action=["sqs:SendMessage", "sqs:PurgeQueue"]),
        "only sqs:SendMessage",
    ),
    (
        permissions.check_senders,
        "about another queue",
        lambda t: _sender(t).update(Resource={"Fn::GetAtt": ["Jobs", "Arn"]}),
        "is about",
    ),
    (
        permissions.check_senders,
        "a subscribed queue without a policy",
        lambda t: _subscribe(t, "sqs", "Jobs"),
        "Jobs: sns.amazonaws.com may not send",
    ),
    (
        permissions.check_senders,
        "a topic whose policy shuts its alarms out",
        lambda t: _topic_policy(t, "events.amazonaws.com"),
        "Alarms: cloudwatch.amazonaws.com may not send",
    ),
    (
        permissions.check_senders,
        "alarms under the key of SNS",
        lambda t: _properties(t, "Alarms").update(KmsMasterKeyId="alias/aws/sns"),
        "alarms cannot publish",
    ),
    (
        permissions.check_site_access,
        "a site that cannot read",
        lambda t: _properties(t, "UploadsPolicy")["PolicyDocument"]["Statement"].pop(),
        "Site cannot read it",
    ),
    (
        permissions.check_site_access,
        "any distribution reads",
        lambda t: _properties(t, "UploadsPolicy")["PolicyDocument"]["Statement"][1].pop("Condition"),
        "more than one distribution",
    ),
    (
        permissions.check_site_access,
        "a bucket that is not served",
        lambda t: _properties(t, "Site")["DistributionConfig"].update(Origins=[]),
        "need not read",
    ),
    (
        permissions.check_unknown_connections,
        "a pipe",
        lambda t: _add(t, "Pipe", "AWS::Pipes::Pipe"),
        "not derived yet",
    ),
    (
        permissions.check_unknown_connections,
        "S3 invokes",
        lambda t: _properties(t, "Uploads").update(NotificationConfiguration={"LambdaConfigurations": [{}]}),
        "EventBridge",
    ),
    (
        permissions.check_unknown_connections,
        "a trigger of Cognito",
        lambda t: _add(t, "Pool", "AWS::Cognito::UserPool", LambdaConfig={"PreSignUp": "x"}),
        "Cognito triggers",
    ),
]


@pytest.mark.parametrize(("check", "what", "spoil", "word"), BAD, ids=[f"{b[0].__name__}-{b[1]}" for b in BAD])
def test_a_bad_template_is_refused(check: Callable[[Stack], list[str]], what: str, spoil: Spoil, word: str) -> None:
    template = samples.good()
    spoil(template)
    problems = check(samples.built(template))
    assert any(word in problem for problem in problems), f"{what} passed: {problems}"


def test_a_topic_that_lets_its_alarms_in_passes() -> None:
    template = samples.good()
    _topic_policy(template, "cloudwatch.amazonaws.com")
    assert permissions.check_senders(samples.built(template)) == []


def test_what_sam_makes_of_a_schedule_passes() -> None:
    template = samples.good()
    event = {"Type": "ScheduleV2", "Properties": {"ScheduleExpression": "rate(1 hour)", "OmitName": True}}
    event["Properties"]["DeadLetterConfig"] = {"Arn": {"Fn::GetAtt": ["DeadJobs", "Arn"]}}
    _properties(template, "FindMeterFunction")["Events"] = {"Hourly": event}
    assert permissions.check_rule_targets(samples.built(template)) == []


def test_naming_a_source_beside_the_attached_policy_passes() -> None:
    template = samples.good()
    queue = {"Fn::GetAtt": ["Jobs", "Arn"]}
    reads = [_allow(action, queue) for action in permissions.QUEUE_READS]
    _properties(template, "ReadQueueFunction")["Policies"] = [{"Statement": reads}]
    assert permissions.check_event_sources(samples.built(template)) == []


def test_a_role_that_trusts_somebody_else_is_refused() -> None:
    template = samples.good()
    role = {"AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Principal": {"Service": "x"}}]}}
    _add(template, "Other", "AWS::IAM::Role", **role)
    arn = {"Fn::GetAtt": ["Other", "Arn"]}
    _properties(template, "FindMeterFunction")["Role"] = arn
    _properties(template, "ChildStateMachine")["Role"] = arn
    _properties(template, "ChildStateMachine").pop("Policies")
    here = samples.built(template)
    assert any("does not trust lambda" in problem for problem in permissions.check_event_sources(here))
    assert any("does not trust states" in problem for problem in check_sample_machines(here))


def test_references_are_the_same_in_every_way_of_writing() -> None:
    here = samples.built(parse(samples.GOOD))
    arn = "${Jobs.Arn}"
    assert here.text({"Fn::GetAtt": ["Jobs", "Arn"]}) == here.text({"Fn::Sub": "${Jobs.Arn}"}) == arn
    assert here.text({"Fn::Join": ["", [{"Fn::GetAtt": "Jobs.Arn"}, "/*"]]}) == f"{arn}/*"
    assert here.text({"Ref": "ChildStateMachine"}) == here.text({"Fn::GetAtt": ["ChildStateMachine", "Arn"]})
    assert here.text({"Fn::Sub": ["${A}:x", {"A": {"Ref": "Alarms"}}]}) == "${Alarms.Arn}:x"
    assert here.text({"Fn::Sub": "arn:${AWS::Partition}:s3:::x"}) == "arn:aws:s3:::x"
