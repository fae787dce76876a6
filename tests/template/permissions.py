"""The permissions that the connections of a template need, derived, and compared with those it grants.

The laptop cloud evaluates IAM only for what a function's code calls. Whatever starts, maps, targets, routes or
subscribes works there with no permission at all and fails on AWS; so they are derived here from the parts themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.template.cloudformation import Stack, as_list, grants, managed_policies, role_of, statements
from tests.workflow import asl

Grant = tuple[str, str]  # action, resource

REGION_ACCOUNT = "${AWS::Region}:${AWS::AccountId}"
SYNC_RULE = f"arn:aws:events:{REGION_ACCOUNT}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
SYNC_ACTIONS = ("events:PutTargets", "events:PutRule", "events:DescribeRule")
LOG_DELIVERY = (
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
)
TRACING = (
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
)
QUEUE_READS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
STREAM_READS = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams")
KINESIS_READS = (
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
    "kinesis:ListStreams",
)
# The one read of streams that knows no resource.
WITHOUT_SOURCE = frozenset({"dynamodb:ListStreams", "kinesis:ListStreams"})
# Reads that only a mapping needs. A function that measures its queue may ask for its attributes.
READS = frozenset(
    {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", *STREAM_READS, *KINESIS_READS}
)
# What SAM attaches by itself, and the reads that it brings.
ALWAYS_ATTACHED = frozenset({"AWSLambdaBasicExecutionRole", "AWSXrayWriteOnlyAccess", "AWSXRayDaemonWriteAccess"})
ATTACHED_FOR_QUEUES = "AWSLambdaSQSQueueExecutionRole"
ATTACHED_FOR_TABLES = "AWSLambdaDynamoDBExecutionRole"
ATTACHED_FOR_KINESIS = "AWSLambdaKinesisExecutionRole"
# Connections that nobody has taught this module yet. They must not slip through unseen.
UNKNOWN_CONNECTIONS = frozenset(
    {
        "AWS::Pipes::Pipe",
        "AWS::IoT::TopicRule",
        "AWS::Logs::SubscriptionFilter",
        "AWS::KinesisFirehose::DeliveryStream",
        "AWS::ApiGatewayV2::Api",
        "AWS::Lambda::Url",
    }
)


def compare(where: str, needed: set[Grant], granted: set[Grant]) -> list[str]:
    """Both directions: what is missing fails on AWS, what is too much is a way in."""
    missing = [f"{where}: lacks {action} on {resource}" for action, resource in sorted(needed - granted)]
    return missing + [f"{where}: need not have {action} on {resource}" for action, resource in sorted(granted - needed)]


def trusts(role: Mapping[str, Any], service: str) -> bool:
    """Whether `service` may take the role."""
    return any(
        service in as_list(statement.get("Principal", {}).get("Service"))
        for statement in statements(role.get("AssumeRolePolicyDocument", {}))
    )


# --- state machines ---------------------------------------------------------------------------------------------


def machine_needs(here: Stack, properties: Mapping[str, Any], definition: asl.Machine) -> set[Grant]:
    """What the role of a state machine needs for its definition, its log and its traces."""
    values = {name: here.text(value) for name, value in properties.get("DefinitionSubstitutions", {}).items()}

    def resolved(text: str) -> str:
        return asl.SUBSTITUTION.sub(lambda match: values.get(match.group(1), match.group(0)), text)

    needed: set[Grant] = set()
    for _, state in asl.tasks(definition):
        arguments = state["Arguments"]
        if not asl.is_child(state):
            needed.add(("lambda:InvokeFunction", resolved(arguments["FunctionName"])))
            continue
        child = resolved(arguments["StateMachineArn"])
        needed.add(("states:StartExecution", child))
        if state["Resource"] == asl.START_AND_WAIT:
            machine_name = child.replace(".Arn}", ".Name}")
            executions = f"arn:aws:states:{REGION_ACCOUNT}:execution:{machine_name}:*"
            needed |= {(action, executions) for action in ("states:DescribeExecution", "states:StopExecution")}
            needed |= {(action, SYNC_RULE) for action in SYNC_ACTIONS}
    if properties.get("LoggingConfiguration", {}).get("Level", "OFF") != "OFF":
        needed |= {(action, "*") for action in LOG_DELIVERY}
    return needed


def check_state_machines(here: Stack, definitions: Mapping[str, asl.Machine]) -> list[str]:
    """Each machine's role allows exactly what its definition does. `definitions` is by logical id."""
    problems = []
    for name, properties in here.of_type("AWS::StepFunctions::StateMachine").items():
        if name not in definitions:
            problems.append(f"{name}: has no definition in statemachines/")
            continue
        role = role_of(here, properties, "RoleArn")
        needed, granted = machine_needs(here, properties, definitions[name]), grants(here, role)
        granted_by_hand = {grant for grant in granted if grant not in {(action, "*") for action in TRACING}}
        problems += compare(name, needed, granted_by_hand)
        if not trusts(role, "states.amazonaws.com"):
            problems.append(f"{name}: its role does not trust states.amazonaws.com")
        if properties.get("TracingConfiguration", {}).get("Enabled"):
            traced = managed_policies(here, role) & ALWAYS_ATTACHED or {g for g in granted if g[0] == TRACING[0]}
            problems += [] if traced else [f"{name}: traces, but its role may not write traces"]
        problems += check_substitutions(name, properties, definitions[name])
    return problems


def check_substitutions(name: str, properties: Mapping[str, Any], definition: asl.Machine) -> list[str]:
    """What the definition substitutes is what the template gives, no more and no less."""
    wanted, given = asl.substitutions(definition), set(properties.get("DefinitionSubstitutions", {}))
    problems = [f"{name}: substitutes nothing for ${{{missing}}}" for missing in sorted(wanted - given)]
    return problems + [f"{name}: gives {idle}, which its definition does not use" for idle in sorted(given - wanted)]


# --- what starts and feeds functions ----------------------------------------------------------------------------


def check_event_sources(here: Stack) -> list[str]:
    """A function may read exactly the queues and streams that are mapped to it, and send what failed to its end."""
    problems = []
    mappings = here.of_type("AWS::Lambda::EventSourceMapping")
    for name, function in here.of_type("AWS::Lambda::Function").items():
        role = role_of(here, function)
        granted, attached = grants(here, role), managed_policies(here, role)
        needed: set[Grant] = set()
        may_read: set[Grant] = set()
        allowed_attached = set(ALWAYS_ATTACHED)
        for mapping in mappings.values():
            if here.logical_id(mapping["FunctionName"]) != name:
                continue
            source = here.text(mapping["EventSourceArn"])
            reads, managed = _reads_of(here, mapping)
            allowed_attached.add(managed)
            # Naming the source beside the policy that SAM attaches is no more than is needed.
            reading_needed = {(action, "*" if action in WITHOUT_SOURCE else source) for action in reads}
            may_read |= reading_needed
            if managed not in attached:
                needed |= reading_needed
            end = mapping.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
            if end is not None:
                needed.add((_send_action(here, end), here.text(end)))
        if (dead := function.get("DeadLetterConfig", {}).get("TargetArn")) is not None:
            needed.add((_send_action(here, dead), here.text(dead)))
        for invoke in here.of_type("AWS::Lambda::EventInvokeConfig").values():
            if here.logical_id(invoke["FunctionName"]) == name:
                for end in invoke.get("DestinationConfig", {}).values():
                    needed.add((_send_action(here, end["Destination"]), here.text(end["Destination"])))
        problems += [f"{name}: lacks {action} on {resource}" for action, resource in sorted(needed - granted)]
        reading = {grant for grant in granted if grant[0] in READS}
        problems += [f"{name}: need not have {action} on {on}" for action, on in sorted(reading - may_read)]
        problems += [
            f"{name}: {action} on {on}: functions do not call each other"
            for action, on in sorted(granted)
            if action == "lambda:InvokeFunction"
        ]
        problems += [f"{name}: need not have {policy}" for policy in sorted(attached - allowed_attached)]
        if not trusts(role, "lambda.amazonaws.com"):
            problems.append(f"{name}: its role does not trust lambda.amazonaws.com")
    return problems


def _reads_of(here: Stack, mapping: Mapping[str, Any]) -> tuple[tuple[str, ...], str]:
    kind = here.resources.get(here.logical_id(mapping["EventSourceArn"]) or "", {}).get("Type", "")
    if kind == "AWS::SQS::Queue":
        return QUEUE_READS, ATTACHED_FOR_QUEUES
    if kind == "AWS::Kinesis::Stream" or "TelemetryStream" in here.text(mapping["EventSourceArn"]):
        return KINESIS_READS, ATTACHED_FOR_KINESIS
    return STREAM_READS, ATTACHED_FOR_TABLES


def _send_action(here: Stack, target: Any) -> str:
    kind = here.resources.get(here.logical_id(target) or "", {}).get("Type", "")
    return {"AWS::SNS::Topic": "sns:Publish", "AWS::Lambda::Function": "lambda:InvokeFunction"}.get(
        kind, "sqs:SendMessage"
    )


def routes(here: Stack) -> Iterator[tuple[str, str, str, str]]:
    """Every route of every REST API: (API, method, path, function)."""
    for api, properties in here.of_type("AWS::ApiGateway::RestApi").items():
        for path, methods in properties.get("Body", {}).get("paths", {}).items():
            for method, operation in methods.items():
                uri = here.text(operation.get("x-amazon-apigateway-integration", {}).get("uri", ""))
                if function := re.search(r"functions/\$\{(\w+)\.Arn\}", uri):
                    yield api, "*" if "any-method" in method else method.upper(), path, function.group(1)


def check_invocations(here: Stack) -> list[str]:
    """Exactly what routes, rules and topics invoke may invoke, from exactly there."""
    needed: set[tuple[str, str, str]] = set()
    for api, method, path, function in routes(here):
        place = re.sub(r"\{[^}]+\}", "*", path)
        needed.add((function, "apigateway.amazonaws.com", f"{_execute_api(api)}/*/{method}{place}"))
    for rule, properties in here.of_type("AWS::Events::Rule").items():
        for target in properties.get("Targets", []):
            function = here.logical_id(target["Arn"])
            if function in here.of_type("AWS::Lambda::Function"):
                needed.add((str(function), "events.amazonaws.com", f"${{{rule}.Arn}}"))
    for subscription in here.of_type("AWS::SNS::Subscription").values():
        if subscription["Protocol"] == "lambda":
            function = here.logical_id(subscription["Endpoint"])
            needed.add((str(function), "sns.amazonaws.com", here.text(subscription["TopicArn"])))
    granted = {
        (
            str(here.logical_id(permission["FunctionName"])),
            str(permission["Principal"]),
            here.text(permission.get("SourceArn", "anybody")),
        )
        for permission in here.of_type("AWS::Lambda::Permission").values()
    }
    missing = [
        f"{function}: {service} may not invoke it from {source}" for function, service, source in needed - granted
    ]
    idle = [f"{function}: {service} need not invoke it from {source}" for function, service, source in granted - needed]
    return sorted(missing + idle)


def _execute_api(api: str) -> str:
    return f"arn:aws:execute-api:{REGION_ACCOUNT}:${{{api}}}"


def check_rule_targets(here: Stack) -> list[str]:
    """A rule or a schedule has a role for exactly its target; a schedule's role also writes its dead letters."""
    problems = []
    actions = {
        "AWS::StepFunctions::StateMachine": "states:StartExecution",
        "AWS::Events::EventBus": "events:PutEvents",
        "AWS::Kinesis::Stream": "kinesis:PutRecord",
    }
    by_schedule = actions | {"AWS::Lambda::Function": "lambda:InvokeFunction", "AWS::SQS::Queue": "sqs:SendMessage"}
    for rule, properties in here.of_type("AWS::Events::Rule").items():
        for target in properties.get("Targets", []):
            if kind := actions.get(_type_of(here, target["Arn"])):
                needed = {(kind, here.text(target["Arn"]))}
                problems += _target_role(here, rule, target, needed, "events.amazonaws.com")
    for schedule, properties in here.of_type("AWS::Scheduler::Schedule").items():
        target = properties["Target"]
        kind = by_schedule.get(_type_of(here, target["Arn"]))
        if kind is None:
            problems.append(f"{schedule}: permissions for its target are not derived yet")
            continue
        needed = {(kind, here.text(target["Arn"]))}
        if end := target.get("DeadLetterConfig", {}).get("Arn"):
            needed.add(("sqs:SendMessage", here.text(end)))
        problems += _target_role(here, schedule, target, needed, "scheduler.amazonaws.com")
    return problems


def _type_of(here: Stack, reference: Any) -> str:
    return str(here.resources.get(here.logical_id(reference) or "", {}).get("Type", ""))


def _target_role(here: Stack, where: str, target: Mapping[str, Any], needed: set[Grant], service: str) -> list[str]:
    role = role_of(here, target, "RoleArn")
    problems = compare(where, needed, grants(here, role))
    return problems + ([] if trusts(role, service) else [f"{where}: the role of its target does not trust {service}"])


# --- what sends to queues and topics ----------------------------------------------------------------------------


def senders(here: Stack) -> set[tuple[str, str]]:
    """Which service sends to which queue or topic of this stack by itself: (logical id, service)."""
    found: set[tuple[str, str]] = set()

    def add(target: Any, service: str) -> None:
        name = here.logical_id(target)
        if name and here.resources[name]["Type"] in ("AWS::SQS::Queue", "AWS::SNS::Topic"):
            found.add((name, service))

    for properties in here.of_type("AWS::Events::Rule").values():
        for target in properties.get("Targets", []):
            add(target["Arn"], "events.amazonaws.com")
            add(target.get("DeadLetterConfig", {}).get("Arn"), "events.amazonaws.com")
    for bus in here.of_type("AWS::Events::EventBus").values():
        add(bus.get("DeadLetterConfig", {}).get("Arn"), "events.amazonaws.com")
    for subscription in here.of_type("AWS::SNS::Subscription").values():
        add(subscription.get("Endpoint"), "sns.amazonaws.com")
        if dead := subscription.get("RedrivePolicy", {}).get("deadLetterTargetArn"):
            add(dead, "sns.amazonaws.com")
    for bucket in here.of_type("AWS::S3::Bucket").values():
        notifications = bucket.get("NotificationConfiguration", {})
        for configuration in notifications.get("QueueConfigurations", []):
            add(configuration["Queue"], "s3.amazonaws.com")
        for configuration in notifications.get("TopicConfigurations", []):
            add(configuration["Topic"], "s3.amazonaws.com")
    return found


def alarm_topics(here: Stack) -> set[tuple[str, str]]:
    """Topics that alarms publish to. Without a policy of its own a topic lets the account's alarms publish."""
    return {
        (name, "cloudwatch.amazonaws.com")
        for alarm in here.of_type("AWS::CloudWatch::Alarm").values()
        for key in ("AlarmActions", "OKActions", "InsufficientDataActions")
        for action in alarm.get(key, [])
        if (name := here.logical_id(action)) and here.resources[name]["Type"] == "AWS::SNS::Topic"
    }


def check_senders(here: Stack) -> list[str]:
    """Queues and topics take messages from exactly the services that send, and only from this account."""
    granted: set[tuple[str, str]] = set()
    problems = []
    with_policy: set[str] = set()
    for kind, key, action in (
        ("AWS::SQS::QueuePolicy", "Queues", "sqs:SendMessage"),
        ("AWS::SNS::TopicPolicy", "Topics", "sns:Publish"),
    ):
        for policy, properties in here.of_type(kind).items():
            names = {name for target in properties[key] if (name := here.logical_id(target))}
            with_policy |= names
            for statement in statements(properties["PolicyDocument"]):
                if statement["Effect"] != "Allow":
                    continue
                if as_list(statement["Action"]) != [action]:
                    problems.append(f"{policy}: allows {statement['Action']}, only {action} is needed")
                on = {here.logical_id(resource) for resource in as_list(statement["Resource"])}
                if on != names:
                    problems.append(f"{policy}: is about {sorted(map(str, on))}, attached to {sorted(names)}")
                principal = statement["Principal"]
                services = as_list(principal.get("Service")) if isinstance(principal, dict) else [str(principal)]
                granted |= {(name, service) for name in names for service in services}
                if not re.search(r"aws:Source(Arn|Account)", str(statement.get("Condition", "")), re.IGNORECASE):
                    problems.append(
                        f"{policy}: needs aws:SourceArn or aws:SourceAccount, else any account's events come in"
                    )
    needed = senders(here)
    by_default = alarm_topics(here)
    needed |= {pair for pair in by_default if pair[0] in with_policy}
    problems += [f"{name}: {service} may not send to it" for name, service in sorted(needed - granted)]
    problems += [f"{name}: {service} need not send to it" for name, service in sorted(granted - needed)]
    for name, _ in sorted(by_default):
        if "alias/aws/sns" in str(here.resources[name].get("Properties", {}).get("KmsMasterKeyId", "")):
            problems.append(f"{name}: alarms cannot publish to a topic under the key alias/aws/sns")
    return problems


def check_site_access(here: Stack) -> list[str]:
    """CloudFront may read exactly the buckets that it serves, for exactly its own distribution."""
    served: set[tuple[str, str]] = set()
    for name, distribution in here.of_type("AWS::CloudFront::Distribution").items():
        for origin in distribution["DistributionConfig"].get("Origins", []):
            bucket = here.logical_id(origin["DomainName"])
            if bucket and here.resources[bucket]["Type"] == "AWS::S3::Bucket":
                served.add((bucket, name))
    allowed: set[tuple[str, str]] = set()
    problems = []
    for policy, properties in here.of_type("AWS::S3::BucketPolicy").items():
        bucket = here.logical_id(properties["Bucket"])
        for statement in statements(properties["PolicyDocument"]):
            if statement["Effect"] != "Allow":
                continue
            source = here.text(_condition(statement, "aws:sourcearn"))
            distribution_id = re.search(r"distribution/\$\{(\w+)", source)
            if (
                as_list(statement["Principal"].get("Service") if isinstance(statement["Principal"], dict) else "*")
                != ["cloudfront.amazonaws.com"]
                or as_list(statement["Action"]) != ["s3:GetObject"]
                or not distribution_id
            ):
                problems.append(f"{policy}: allows more than one distribution's s3:GetObject")
                continue
            allowed.add((str(bucket), distribution_id.group(1)))
    problems += [f"{bucket}: {site} cannot read it" for bucket, site in sorted(served - allowed)]
    return problems + [f"{bucket}: {site} need not read it" for bucket, site in sorted(allowed - served)]


def _condition(statement: Mapping[str, Any], key: str) -> Any:
    for operator in statement.get("Condition", {}).values():
        for name, value in operator.items():
            if name.lower() == key:
                return value
    return ""


def check_unknown_connections(here: Stack) -> list[str]:
    """A kind of connection that this module cannot derive is a finding: teach it first."""
    problems = [
        f"{name}: permissions of {resource['Type']} are not derived yet; teach tests/template/permissions.py"
        for name, resource in here.resources.items()
        if resource["Type"] in UNKNOWN_CONNECTIONS
    ]
    for name, bucket in here.of_type("AWS::S3::Bucket").items():
        if bucket.get("NotificationConfiguration", {}).get("LambdaConfigurations"):
            problems.append(f"{name}: S3 invokes a function; objects go through EventBridge here")
    for name, pool in here.of_type("AWS::Cognito::UserPool").items():
        if pool.get("LambdaConfig"):
            problems.append(f"{name}: Cognito triggers are not derived yet; teach tests/template/permissions.py")
    return problems
