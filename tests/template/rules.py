"""What every template of this project keeps to. Each check is a function from a stack to its problems."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import cfnlint

from tests.template.cloudformation import Stack, as_list, statements

MAXIMUM_RESOURCES = 400
MAXIMUM_EDGE_FUNCTION = 10_240
# AWS stops patching these, and later refuses to create or update them (docs: Lambda runtimes).
END_OF_LIFE = frozenset({"python3.6", "python3.7", "python3.8", "python3.9", "python3.10"})
# AWS's Service Authorization Reference, as cfn-lint carries it: which resource types each action knows.
AUTHORIZATION = Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "Policies.json"
# A text message to a phone number has no ARN. Topics have one, so whoever may publish on "*" is denied every topic.
TO_A_PHONE = "sns:Publish"
HOLDS_DATA = ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Cognito::UserPool")
BUCKET_BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
# What runs without a server of ours. Before a new name comes in: does it cost while nothing happens?
SERVERLESS = frozenset(
    {
        "ApiGateway",
        "CloudFormation",
        "CloudFront",
        "CloudWatch",
        "Cognito",
        "DynamoDB",
        "Events",
        "IAM",
        "KMS",
        "Lambda",
        "Logs",
        "S3",
        "SNS",
        "SQS",
        "Scheduler",
        "Serverless",
        "StepFunctions",
    }
)
MAXIMUM_TIMEOUT = 300
# API Gateway's policies for a regional API that begin at TLS 1.2 or later.
API_TLS = re.compile(r"SecurityPolicy_TLS13_1_[23]_\w+")
EDGE_PROTOCOLS = ("https-only", "redirect-to-https")
VISIBILITY_FACTOR = 6
RECEIVES = 5


def _queues(here: Stack) -> dict[str, dict[str, Any]]:
    return here.of_type("AWS::SQS::Queue")


def _dead_letter_queues(here: Stack) -> set[str]:
    """Queues at the end of a redrive policy."""
    return {
        name
        for properties in _queues(here).values()
        if (name := here.logical_id(properties.get("RedrivePolicy", {}).get("deadLetterTargetArn")))
    }


def _mappings(here: Stack) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Event source mappings with what they read: queue or stream."""
    for name, properties in here.of_type("AWS::Lambda::EventSourceMapping").items():
        source = here.logical_id(properties["EventSourceArn"])
        kind = here.resources[source]["Type"] if source else ""
        yield name, properties, "queue" if kind == "AWS::SQS::Queue" else "stream"


# --- functions --------------------------------------------------------------------------------------------------


def check_roles(here: Stack) -> list[str]:
    """Each function and each machine has a role of its own: what one may do, the next may not."""
    problems = []
    owners: dict[str, str] = {}
    for kind, key in (("AWS::Lambda::Function", "Role"), ("AWS::StepFunctions::StateMachine", "RoleArn")):
        for name, properties in here.of_type(kind).items():
            role = here.logical_id(properties.get(key))
            if role is None:
                problems.append(f"{name}: has no role in this template")
            elif role in owners:
                problems.append(f"{name}: shares {role} with {owners[role]}")
            owners[role or name] = name
    return problems


def check_log_groups(here: Stack) -> list[str]:
    """Each function and each machine logs to a group of ours, which forgets after a time."""
    problems = []
    groups = here.of_type("AWS::Logs::LogGroup")
    for name, properties in here.of_type("AWS::Lambda::Function").items():
        if here.logical_id(properties.get("LoggingConfig", {}).get("LogGroup")) not in groups:
            problems.append(f"{name}: logs to no log group of this template")
    for name, properties in here.of_type("AWS::StepFunctions::StateMachine").items():
        logging = properties.get("LoggingConfiguration", {})
        if not logging.get("Destinations") or logging.get("Level", "OFF") == "OFF":
            problems.append(f"{name}: does not log")
        if logging.get("IncludeExecutionData") is not False:
            problems.append(f"{name}: must log without execution data, which is about people")
    problems += [f"{name}: keeps logs for ever" for name, group in groups.items() if "RetentionInDays" not in group]
    return problems


def check_functions(here: Stack) -> list[str]:
    """Each function says what it is for, how long it may take, how much memory it has; it traces and is tagged."""
    problems = []
    for name, properties in here.of_type("AWS::Lambda::Function").items():
        problems += [
            f"{name}: needs {key}" for key in ("Description", "Timeout", "MemorySize") if key not in properties
        ]
        if properties.get("TracingConfig", {}).get("Mode") != "Active":
            problems.append(f"{name}: does not trace")
        tags = {tag["Key"] for tag in properties.get("Tags", [])}
        if not {"application", "stage"} <= tags:
            problems.append(f"{name}: needs the tags application and stage")
    for name, properties in here.of_type("AWS::StepFunctions::StateMachine").items():
        if not properties.get("TracingConfiguration", {}).get("Enabled"):
            problems.append(f"{name}: does not trace")
    return problems


def check_timeouts(here: Stack) -> list[str]:
    """No function runs on and on: five minutes are the most that a hanging one may cost."""
    return [
        f"{name}: may take {timeout} s, at most {MAXIMUM_TIMEOUT}"
        for name, properties in here.of_type("AWS::Lambda::Function").items()
        if (timeout := int(properties.get("Timeout", 3))) > MAXIMUM_TIMEOUT
    ]


def check_serverless(here: Stack) -> list[str]:
    """Nothing runs while nothing happens: no server, no cluster, no capacity that is paid by the hour."""
    problems = [
        f"{name}: {resource['Type']} is not among the serverless services"
        for name, resource in here.resources.items()
        if resource["Type"].split("::")[1] not in SERVERLESS
    ]
    for name, properties in here.of_type("AWS::Lambda::Alias", "AWS::Lambda::Version").items():
        if "ProvisionedConcurrencyConfig" in properties:
            problems.append(f"{name}: keeps functions running")
    return problems


def check_runtime(here: Stack) -> list[str]:
    """The runtime is one parameter, and none of its values is past its life."""
    problems = []
    for name, properties in here.of_type("AWS::Lambda::Function").items():
        runtime = properties.get("Runtime")
        if isinstance(runtime, str) and runtime.startswith("nodejs"):
            continue
        parameter = (
            here.source.get("Parameters", {}).get((runtime or {}).get("Ref")) if isinstance(runtime, dict) else None
        )
        if parameter is None:
            problems.append(f"{name}: its runtime must be a parameter, not {runtime}")
            continue
        values = {*parameter.get("AllowedValues", []), parameter.get("Default")}
        if not parameter.get("AllowedValues"):
            problems.append(f"{name}: the runtime's parameter must list its AllowedValues")
        problems += [f"{name}: {old} is past its life" for old in sorted(END_OF_LIFE & values)]
    return problems


def _asynchronous(here: Stack) -> set[str]:
    """Functions that rules, topics or schedules invoke without waiting: what fails is lost unless it has an end."""
    found: set[str | None] = set()
    for rule in here.of_type("AWS::Events::Rule").values():
        found |= {here.logical_id(target["Arn"]) for target in rule.get("Targets", [])}
    found |= {here.logical_id(s.get("Endpoint")) for s in here.of_type("AWS::SNS::Subscription").values()}
    found |= {here.logical_id(s["Target"]["Arn"]) for s in here.of_type("AWS::Scheduler::Schedule").values()}
    return {name for name in found if name and name in here.of_type("AWS::Lambda::Function")}


def check_failures_end_somewhere(here: Stack) -> list[str]:
    """What is delivered without waiting ends in a queue when it fails: functions, rules, queues, streams, buses."""
    problems = []
    with_destination = {
        here.logical_id(config["FunctionName"])
        for config in here.of_type("AWS::Lambda::EventInvokeConfig").values()
        if config.get("DestinationConfig", {}).get("OnFailure")
    }
    problems += [
        f"{name}: is invoked without waiting and has no dead-letter queue"
        for name in sorted(_asynchronous(here) - with_destination)
        if "DeadLetterConfig" not in here.resources[name]["Properties"]
    ]
    for name, rule in here.of_type("AWS::Events::Rule").items():
        for target in rule.get("Targets", []):
            kind = here.resources.get(here.logical_id(target["Arn"]) or "", {}).get("Type")
            # A queue that takes failures is itself the end of the way.
            if "DeadLetterConfig" not in target and kind != "AWS::SQS::Queue":
                problems.append(f"{name}: its target has no dead-letter queue")
    for name, schedule in here.of_type("AWS::Scheduler::Schedule").items():
        if "DeadLetterConfig" not in schedule["Target"]:
            problems.append(f"{name}: has no dead-letter queue")
    for name, bus in here.of_type("AWS::Events::EventBus").items():
        if "DeadLetterConfig" not in bus:
            problems.append(f"{name}: has no dead-letter queue")
    return problems


# --- permissions ------------------------------------------------------------------------------------------------


@cache
def _authorization() -> dict[str, Any]:
    reference: dict[str, Any] = json.loads(AUTHORIZATION.read_text(encoding="utf-8"))
    return reference


def knows_no_resource(action: str) -> bool:
    """Whether the service wants "*" for this action, because it has no resource type."""
    service, _, name = action.partition(":")
    known = _authorization().get(service, {}).get("Actions", {}).get(name.lower())
    return known is not None and not known.get("Resources")


def check_least_privilege(here: Stack) -> list[str]:
    """No action with a star; no resource without a name but where the service knows none, and "*" there."""
    problems = []
    documents = [
        (name, policy["PolicyDocument"])
        for name, role in here.of_type("AWS::IAM::Role").items()
        for policy in role.get("Policies", [])
    ]
    documents += [
        (name, policy["PolicyDocument"])
        for name, policy in here.of_type("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy").items()
    ]
    for name, document in documents:
        no_topics = any(
            statement.get("Effect") == "Deny"
            and as_list(statement.get("Action")) == [TO_A_PHONE]
            and here.text(statement.get("Resource")) == "arn:aws:sns:*:*:*"
            for statement in statements(document)
        )
        for statement in statements(document):
            if statement.get("Effect") != "Allow":
                continue
            actions = [str(action) for action in as_list(statement.get("Action"))]
            if not actions or "NotAction" in statement:
                problems.append(f"{name}: allows by exception")
            problems += [f"{name}: allows {action}" for action in actions if "*" in action]
            if "NotResource" in statement and actions != [TO_A_PHONE]:
                problems.append(f"{name}: allows {actions} on everything but some")
            for resource in as_list(statement.get("Resource")):
                text = here.text(resource)
                if text == "*":
                    wide = [a for a in actions if not knows_no_resource(a) and (a != TO_A_PHONE or not no_topics)]
                    problems += [f"{name}: allows {action} on everything" for action in wide]
                elif "*" in text and not _names_something(text):
                    problems.append(f"{name}: allows {actions} on {text}, which names nothing of ours")
                if text != "*":
                    idle = [action for action in actions if knows_no_resource(action)]
                    problems += [
                        f"{name}: {action} knows no resource, so {text} never matches; it needs *" for action in idle
                    ]
    return problems


def _names_something(arn: str) -> bool:
    """Whether an ARN with a star still names a thing of this stack: `${PhotosBucket.Arn}/*`, not `table/*`."""
    references = re.findall(r"\$\{([^}]+)\}", arn)
    return any(not reference.startswith("AWS::") or reference == "AWS::StackName" for reference in references)


def check_public_access(here: Stack) -> list[str]:
    """Nobody outside gets a permission: no principal "*" that allows."""
    problems = []
    kinds = ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy")
    for name, properties in here.of_type(*kinds).items():
        for statement in statements(properties["PolicyDocument"]):
            if statement["Effect"] == "Allow" and (
                "*" in (statement.get("Principal"), str(statement.get("Principal", {})))
            ):
                problems.append(f"{name}: allows everybody")
            principal = statement.get("Principal")
            if statement["Effect"] == "Allow" and isinstance(principal, dict) and "*" in as_list(principal.get("AWS")):
                problems.append(f"{name}: allows every account")
    return sorted(set(problems))


# --- on the wire ------------------------------------------------------------------------------------------------


def on_aws(here: Stack, value: Any, given: dict[str, Any] | None = None) -> Any:
    """What `value` is under the parameters `given`, else under their defaults, which are those of AWS."""
    if not isinstance(value, dict) or len(value) != 1:
        return value
    (function, argument), *_ = value.items()
    if function == "Ref" and argument in here.source.get("Parameters", {}):
        return (given or {}).get(argument, here.source["Parameters"][argument].get("Default"))
    if function == "Fn::If":
        condition, yes, no = argument
        return on_aws(here, yes if _holds(here, condition, given) else no, given)
    return value


def _holds(here: Stack, condition: str, given: dict[str, Any] | None) -> bool:
    left, right = (on_aws(here, side, given) for side in here.source["Conditions"][condition]["Fn::Equals"])
    return bool(left == right)


def refused_without_tls(here: Stack, kind: str, actions: str) -> set[str]:
    """What the resource policies of this kind shut to everybody whose connection is not encrypted."""
    return {
        name
        for properties in here.of_type(kind).values()
        for statement in statements(properties["PolicyDocument"])
        if (statement["Effect"], statement["Principal"]) == ("Deny", "*")
        and as_list(statement["Action"]) == [actions]
        and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        for resource in as_list(statement["Resource"])
        if (name := here.logical_id(resource))
    }


def _attached(here: Stack, kind: str, key: str) -> set[str | None]:
    return {
        here.logical_id(target) for properties in here.of_type(kind).values() for target in as_list(properties.get(key))
    }


def check_encrypted_connections(here: Stack) -> list[str]:
    """Queues and topics refuse plain HTTP; the API begins at TLS 1.2; CloudFront speaks HTTPS on both its sides.

    What talks to an AWS service does so over HTTPS by itself; buckets are in `check_buckets`.
    """
    problems = []
    for kind, policies, key, actions in (
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues", "sqs:*"),
        ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics", "sns:Publish"),
    ):
        safe = refused_without_tls(here, policies, actions) & _attached(here, policies, key)
        problems += [f"{name}: may be reached without TLS" for name in sorted(set(here.of_type(kind)) - safe)]
    for name, api in here.of_type("AWS::ApiGateway::RestApi").items():
        if not API_TLS.fullmatch(str(api.get("SecurityPolicy"))) or "EndpointAccessMode" not in api:
            problems.append(f"{name}: speaks TLS older than 1.2")
    for name, properties in here.of_type("AWS::CloudFront::Distribution").items():
        distribution = properties["DistributionConfig"]
        outside = {"api": ("https-only",), "site": EDGE_PROTOCOLS}
        for behaviour in [distribution["DefaultCacheBehavior"], *distribution.get("CacheBehaviors", [])]:
            protocol, origin = on_aws(here, behaviour["ViewerProtocolPolicy"]), behaviour["TargetOriginId"]
            if protocol not in outside.get(origin, EDGE_PROTOCOLS):
                problems.append(f"{name}: answers {protocol} for {origin}")
        for origin in distribution["Origins"]:
            custom = origin.get("CustomOriginConfig")
            if custom is None:
                continue
            if on_aws(here, custom["OriginProtocolPolicy"]) != "https-only":
                problems.append(f"{name}: calls {origin['Id']} over plain HTTP")
            if custom.get("OriginSSLProtocols") != ["TLSv1.2"]:
                problems.append(f"{name}: calls {origin['Id']} over TLS older than 1.2")
    return problems


def check_topics(here: Stack) -> list[str]:
    """What a topic keeps until it is delivered is encrypted."""
    return [
        f"{name}: is not encrypted"
        for name, properties in here.of_type("AWS::SNS::Topic").items()
        if not properties.get("KmsMasterKeyId")
    ]


# --- queues and streams -----------------------------------------------------------------------------------------


def check_queues(here: Stack) -> list[str]:
    """Each queue that feeds a function is seen again only after six times its timeout, gives up after five receives or
    more, and its dead letters are kept longer than itself: they keep the time of their first arrival.
    """
    problems = []
    dead_letters = _dead_letter_queues(here)
    for name, properties in _queues(here).items():
        if not (properties.get("SqsManagedSseEnabled") is True or "KmsMasterKeyId" in properties):
            problems.append(f"{name}: is not encrypted")
        if name in dead_letters:
            continue
        redrive = properties.get("RedrivePolicy")
        if redrive is None:
            if name in {here.logical_id(m["EventSourceArn"]) for _, m, _ in _mappings(here)}:
                problems.append(f"{name}: feeds a function and has no dead-letter queue")
            continue
        if int(redrive.get("maxReceiveCount", 0)) < RECEIVES:
            problems.append(f"{name}: gives up after {redrive.get('maxReceiveCount')} receives, at least {RECEIVES}")
        end = here.logical_id(redrive["deadLetterTargetArn"])
        kept = int(properties.get("MessageRetentionPeriod", 345_600))
        kept_dead = int(_queues(here).get(end or "", {}).get("MessageRetentionPeriod", 345_600))
        if kept_dead <= kept:
            problems.append(f"{name}: dead letters are kept {kept_dead} s, must be longer than {kept} s")
        if bool(properties.get("FifoQueue")) != bool(_queues(here).get(end or "", {}).get("FifoQueue")):
            problems.append(f"{name}: a FIFO queue needs a FIFO dead-letter queue, and only that")
    for _, mapping, kind in _mappings(here):
        queue, function = here.logical_id(mapping["EventSourceArn"]), here.logical_id(mapping["FunctionName"])
        if kind == "queue" and queue and function:
            timeout = int(here.resources[function]["Properties"].get("Timeout", 3))
            visible = int(_queues(here)[queue].get("VisibilityTimeout", 30))
            if visible < VISIBILITY_FACTOR * timeout:
                problems.append(f"{queue}: hidden {visible} s, must be {VISIBILITY_FACTOR} x {timeout} s of {function}")
    return problems


def check_mappings(here: Stack) -> list[str]:
    """One bad record never takes the others with it. Streams also bisect, give up, and keep what failed."""
    problems = []
    for name, mapping, kind in _mappings(here):
        if mapping.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
            problems.append(f"{name}: must report the records that failed")
        if kind == "queue":
            continue
        if mapping.get("BisectBatchOnFunctionError") is not True:
            problems.append(f"{name}: must bisect a failing batch")
        problems += [
            f"{name}: {key} is endless, so one bad record blocks a shard for a day"
            for key in ("MaximumRetryAttempts", "MaximumRecordAgeInSeconds")
            if int(mapping.get(key, -1)) < 0
        ]
        if not mapping.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"):
            problems.append(f"{name}: what failed goes nowhere")
        if mapping.get("StartingPosition") != "TRIM_HORIZON":
            problems.append(f"{name}: must start at TRIM_HORIZON; LATEST misses what came while it was made")
    return problems


# --- data -------------------------------------------------------------------------------------------------------


def check_tables(here: Stack) -> list[str]:
    """Encrypted, restorable, on demand; protected against deletion by a parameter; outlives its stack."""
    problems = []
    for name, properties in here.of_type("AWS::DynamoDB::Table").items():
        if not properties.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled"):
            problems.append(f"{name}: cannot be restored to a point in time")
        if not properties.get("SSESpecification", {}).get("SSEEnabled"):
            problems.append(f"{name}: is not encrypted")
        if properties.get("BillingMode") != "PAY_PER_REQUEST":
            problems.append(f"{name}: is not on demand")
        if not isinstance(properties.get("DeletionProtectionEnabled"), dict):
            problems.append(f"{name}: deletion protection must follow a parameter")
        keyed = {key["AttributeName"] for key in _keys_of(properties)}
        idle = {attribute["AttributeName"] for attribute in properties.get("AttributeDefinitions", [])} - keyed
        if idle:
            problems.append(f"{name}: defines {sorted(idle)}, which no key uses")
    return problems


def _keys_of(table: dict[str, Any]) -> list[dict[str, str]]:
    keys = list(table.get("KeySchema", []))
    for index in [*table.get("GlobalSecondaryIndexes", []), *table.get("LocalSecondaryIndexes", [])]:
        keys += index["KeySchema"]
    return keys


def check_what_holds_data_outlives_its_stack(here: Stack) -> list[str]:
    """Tables, buckets and users survive the deletion and the replacement of their resource."""
    return [
        f"{name}: needs {policy}"
        for name, resource in here.resources.items()
        if resource["Type"] in HOLDS_DATA
        for policy in ("DeletionPolicy", "UpdateReplacePolicy")
        if not str(resource.get(policy, "")).startswith("Retain")
    ]


def check_buckets(here: Stack) -> list[str]:
    """Encrypted, shut to the public, reached over TLS only, without access lists; unfinished uploads are tidied."""
    problems = []
    secured = refused_without_tls(here, "AWS::S3::BucketPolicy", "s3:*") & _attached(
        here, "AWS::S3::BucketPolicy", "Bucket"
    )
    for name, properties in here.of_type("AWS::S3::Bucket").items():
        if not properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration"):
            problems.append(f"{name}: is not encrypted")
        blocks = properties.get("PublicAccessBlockConfiguration", {})
        problems += [f"{name}: needs {block}" for block in BUCKET_BLOCKS if blocks.get(block) is not True]
        if name not in secured:
            problems.append(f"{name}: may be reached without TLS")
        rules = properties.get("OwnershipControls", {}).get("Rules", [])
        if {"ObjectOwnership": "BucketOwnerEnforced"} not in rules:
            problems.append(f"{name}: takes access lists")
        lifecycle = properties.get("LifecycleConfiguration", {}).get("Rules", [])
        if not any("AbortIncompleteMultipartUpload" in rule for rule in lifecycle):
            problems.append(f"{name}: keeps unfinished uploads for ever")
    return problems


def check_upload_notifications(here: Stack) -> list[str]:
    """S3 refuses two suffixes in one filter, and a prefix with a suffix on one key is OR in an event pattern.

    A rule about S3 names the one bucket of uploads: what is written anywhere else, our own copies too, starts nothing.
    """
    problems = []
    for name, bucket in here.of_type("AWS::S3::Bucket").items():
        notifications = bucket.get("NotificationConfiguration", {})
        for kind in ("LambdaConfigurations", "QueueConfigurations", "TopicConfigurations"):
            for configuration in notifications.get(kind, []):
                rules = [r["Name"].lower() for r in configuration.get("Filter", {}).get("S3Key", {}).get("Rules", [])]
                problems += [
                    f"{name}: two {rule} rules in one filter" for rule in sorted(set(rules)) if rules.count(rule) > 1
                ]
    for name, rule in here.of_type("AWS::Events::Rule").items():
        keys = (rule.get("EventPattern") or {}).get("detail", {}).get("object", {}).get("key", [])
        if "aws.s3" in (rule.get("EventPattern") or {}).get("source", []):
            names = [here.text(one) for one in rule["EventPattern"].get("detail", {}).get("bucket", {}).get("name", [])]
            if len(names) != 1 or "Uploads" not in names[0]:
                problems.append(f"{name}: must look at the uploads bucket alone, not at {names or 'every bucket'}")
        kinds = {kind for pattern in keys if isinstance(pattern, dict) for kind in pattern}
        if {"prefix", "suffix"} <= kinds:
            problems.append(f"{name}: prefix and suffix on one key are joined by OR")
        suffixes = {
            json.dumps(pattern["suffix"]) for pattern in keys if isinstance(pattern, dict) and "suffix" in pattern
        }
        wanted = {json.dumps({"equals-ignore-case": end}) for end in (".jpg", ".jpeg", ".png")}
        if suffixes and suffixes != wanted:
            problems.append(f"{name}: must match .jpg, .jpeg and .png in any case, not {sorted(suffixes)}")
    return problems


# --- the whole --------------------------------------------------------------------------------------------------


PHYSICAL_NAMES = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::EventBus": "Name",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::Role": "RoleName",
    "AWS::Kinesis::Stream": "Name",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
}


def check_physical_names(here: Stack) -> list[str]:
    """A name that the template gives has the stack's name in it: one account holds many stacks."""
    return [
        f"{name}: is called {given} in every stack"
        for name, resource in here.resources.items()
        if (key := PHYSICAL_NAMES.get(resource["Type"])) and key in resource.get("Properties", {})
        if "${AWS::StackName}" not in (given := here.text(resource["Properties"][key]))
    ]


def check_size(here: Stack) -> list[str]:
    """A stack may hold 500 resources; at 400 something moves to a stack of its own."""
    count = len(here.resources)
    return [f"{count} resources, at most {MAXIMUM_RESOURCES}"] if count > MAXIMUM_RESOURCES else []


def check_api(here: Stack) -> list[str]:
    """Every route but those marked open asks for a token; stages trace, log and throttle."""
    problems = []
    for name, properties in here.of_type("AWS::ApiGateway::RestApi").items():
        for path, methods in properties.get("Body", {}).get("paths", {}).items():
            for method, operation in methods.items():
                if method == "options":
                    continue
                asked = [key for requirement in operation.get("security", []) for key in requirement]
                if not asked or "NONE" in asked:
                    problems.append(f"{name}: {method.upper()} {path} asks for no token")
    for name, stage in here.of_type("AWS::ApiGateway::Stage").items():
        if not stage.get("TracingEnabled"):
            problems.append(f"{name}: does not trace")
        settings = stage.get("MethodSettings", [])
        if not any("ThrottlingRateLimit" in setting and "ThrottlingBurstLimit" in setting for setting in settings):
            problems.append(f"{name}: does not throttle")
    return problems


def check_edge_functions(here: Stack) -> list[str]:
    """A CloudFront Function may be 10 kB; the laptop cloud takes more."""
    return [
        f"{name}: {size} bytes, at most {MAXIMUM_EDGE_FUNCTION}"
        for name, properties in here.of_type("AWS::CloudFront::Function").items()
        if (size := len(here.text(properties.get("FunctionCode", "")).encode())) > MAXIMUM_EDGE_FUNCTION
    ]


CHECKS: tuple[Callable[[Stack], list[str]], ...] = (
    check_roles,
    check_log_groups,
    check_functions,
    check_timeouts,
    check_serverless,
    check_runtime,
    check_failures_end_somewhere,
    check_least_privilege,
    check_public_access,
    check_encrypted_connections,
    check_topics,
    check_queues,
    check_mappings,
    check_tables,
    check_what_holds_data_outlives_its_stack,
    check_buckets,
    check_upload_notifications,
    check_physical_names,
    check_size,
    check_api,
    check_edge_functions,
)
