"""Each mended difference between the emulator and AWS, seen on the running emulator with things of the tests' own."""

import io
import json
import os
import signal
import subprocess
import sys
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from ministack.core.responses import AccountRegionScopedDict

from local import build, emulator, paths, ports, shims
from local.cloud import REGION
from local.users import PEOPLE
from tests.integration.conftest import Cloud

# What the throwaway function does is told by its event.
PROBE = '''
import os, boto3

class Odd(Exception):
    """A class of the function's own."""

class Outer:
    class Inner(Exception):
        pass

def handler(event, context):
    match event["do"]:
        case "raise":
            raise Odd("with: a colon")
        case "raise nested":
            raise Outer.Inner()
        case "raise from":
            try:
                raise KeyError("first")
            except KeyError as error:
                raise Odd("second") from error
        case "raise standard":
            raise ValueError("Odd: not this one")
        case "exit":
            os._exit(1)
        case "packages":
            from importlib import metadata
            return sorted({found.metadata["Name"].lower() for found in metadata.distributions()})
        case "mail":
            return boto3.client("sesv2").send_email(
                FromEmailAddress=event["sender"], Destination={"ToAddresses": ["probe@example.org"]},
                Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}})["MessageId"]
        case "batch":
            entries = [{"Id": str(n), "MessageBody": "b"} for n in range(3)]
            answer = boto3.client("sqs").send_message_batch(QueueUrl=event["queue"], Entries=entries)
            return len(answer["Successful"])
        case _:
            return event
'''


@dataclass
class Probe:
    """A function and state machines that live as long as the module's tests."""

    laptop: Cloud
    name: str
    role: str
    cleanup: ExitStack = field(default_factory=ExitStack)

    @property
    def arn(self) -> str:
        return f"arn:aws:lambda:{self.laptop.endpoints['region']}:000000000000:function:{self.name}"

    def may(self, *statements: dict[str, Any]) -> None:
        """Give the function's role these rights and no others."""
        policy = {"Version": "2012-10-17", "Statement": list(statements)}
        self.laptop.client("iam").put_role_policy(
            RoleName=self.role, PolicyName="rights", PolicyDocument=json.dumps(policy)
        )

    def invoke(self, **event: Any) -> Any:
        """What the function returns; a failure is its `{errorType, errorMessage}`."""
        answer = self.laptop.client("lambda").invoke(FunctionName=self.name, Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())

    def task(self, do: str, **changes: Any) -> dict[str, Any]:
        """A Task state that lets the function do something."""
        return {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {"FunctionName": self.arn, "Payload": {"do": do}},
            "End": True,
        } | changes

    def machine(self, states: dict[str, Any]) -> str:
        """A state machine that starts with the first of `states`."""
        client = self.laptop.client("stepfunctions")
        definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states}
        arn = client.create_state_machine(
            name=f"probe-{uuid.uuid4().hex[:8]}",
            definition=json.dumps(definition),
            roleArn=f"arn:aws:iam::000000000000:role/{self.role}",
        )["stateMachineArn"]
        self.cleanup.callback(client.delete_state_machine, stateMachineArn=arn)
        return str(arn)

    def start(self, machine: str, name: str = "", payload: str = "{}") -> str:
        client = self.laptop.client("stepfunctions")
        named = {"name": name} if name else {}
        return str(client.start_execution(stateMachineArn=machine, input=payload, **named)["executionArn"])

    def end(self, execution: str) -> dict[str, Any]:
        """The execution when it has ended."""
        client = self.laptop.client("stepfunctions")
        found: dict[str, Any] = self.laptop.eventually(
            lambda: (known := client.describe_execution(executionArn=execution))["status"] != "RUNNING" and known
        )
        return found

    def run(self, states: dict[str, Any]) -> dict[str, Any]:
        return self.end(self.start(self.machine(states)))


def packed(source: str) -> bytes:
    """A function's artefact: one module."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", source)
    return code.getvalue()


@pytest.fixture(scope="module")
def probe(laptop: Cloud) -> Iterator[Probe]:
    iam, functions = laptop.client("iam"), laptop.client("lambda")
    name = f"probe-{uuid.uuid4().hex[:8]}"
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))["Role"]
    functions.create_function(
        FunctionName=name,
        Runtime=build.RUNTIME,
        Handler="app.handler",
        Role=role["Arn"],
        Code={"ZipFile": packed(PROBE)},
        Timeout=30,
    )
    made = Probe(laptop, name, name)
    try:
        yield made
    finally:
        made.cleanup.close()
        functions.delete_function(FunctionName=name)
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        iam.delete_role(RoleName=name)


def caught(probe: Probe, do: str, **changes: Any) -> str:
    """The error's name as a typed Catch sees it: the machine ends in the state of that name."""
    names = ["Odd", "Inner", "ValueError", "Runtime.ExitError", "States.ALL"]
    catch = [{"ErrorEquals": [name], "Output": name, "Next": "End"} for name in names]
    execution = probe.run({"Try": probe.task(do, Catch=catch, **changes), "End": {"Type": "Succeed"}})
    return str(json.loads(execution["output"]))


@pytest.mark.parametrize(
    ("do", "name"),
    [
        ("raise", "Odd"),
        ("raise nested", "Inner"),
        ("raise from", "Odd"),
        ("raise standard", "ValueError"),
        ("exit", "Runtime.ExitError"),
    ],
)
def test_an_exceptions_class_name_reaches_the_catch(probe: Probe, do: str, name: str) -> None:
    assert caught(probe, do) == name


@pytest.mark.parametrize(("do", "name"), [("raise", "Odd"), ("exit", "Runtime.ExitError")])
def test_a_function_that_fails_fails_the_wait_for_its_callback(probe: Probe, do: str, name: str) -> None:
    assert caught(probe, do, Resource="arn:aws:states:::lambda:invoke.waitForTaskToken", TimeoutSeconds=20) == name


def test_the_deadline_of_a_callback_may_be_an_expression(probe: Probe) -> None:
    wait = {"Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "TimeoutSeconds": "{% $number('2') %}"}
    catch = [{"ErrorEquals": ["States.Timeout"], "Output": "late", "Next": "End"}]
    execution = probe.run({"Wait": probe.task("nothing", Catch=catch, **wait), "End": {"Type": "Succeed"}})
    assert (execution["status"], json.loads(execution["output"])) == ("SUCCEEDED", "late")
    assert 2 <= (execution["stopDate"] - execution["startDate"]).total_seconds() < 15


def test_starting_again_under_the_same_name_finds_the_execution_that_runs(probe: Probe) -> None:
    client = probe.laptop.client("stepfunctions")
    machine = probe.machine({"Wait": {"Type": "Wait", "Seconds": 3, "Next": "End"}, "End": {"Type": "Succeed"}})
    first = client.start_execution(stateMachineArn=machine, name="business", input='{"a": 1}')
    again = client.start_execution(stateMachineArn=machine, name="business", input='{"a": 1}')
    assert again["executionArn"] == first["executionArn"]
    assert again["startDate"] == first["startDate"]
    with pytest.raises(client.exceptions.ExecutionAlreadyExists):
        client.start_execution(stateMachineArn=machine, name="business", input='{"a": 2}')
    assert len(client.list_executions(stateMachineArn=machine)["executions"]) == 1
    probe.end(first["executionArn"])
    with pytest.raises(client.exceptions.ExecutionAlreadyExists):
        client.start_execution(stateMachineArn=machine, name="business", input='{"a": 1}')


def test_an_execution_that_failed_can_be_redriven_and_one_that_succeeded_cannot(probe: Probe) -> None:
    client = probe.laptop.client("stepfunctions")
    first_time = "{% $exists($states.context.Execution.RedriveCount) and $states.context.Execution.RedriveCount > 0 "
    payload = {"do": first_time + "? 'succeed' : 'raise' %}", "got": "{% $states.input.given %}"}
    task = probe.task("", Arguments={"FunctionName": probe.arn, "Payload": payload}, Output="{% $states.result %}")
    execution = probe.start(probe.machine({"Try": task}), payload='{"given": "kept"}')
    assert probe.end(execution)["error"] == "Odd"
    assert client.describe_execution(executionArn=execution)["redriveCount"] == 0
    client.redrive_execution(executionArn=execution)
    done = probe.end(execution)
    assert done["status"] == "SUCCEEDED"
    assert "error" not in done
    assert json.loads(done["output"])["Payload"]["got"] == "kept"
    assert client.describe_execution(executionArn=execution)["redriveCount"] == 1
    with pytest.raises(ClientError, match="ExecutionNotRedrivable"):
        client.redrive_execution(executionArn=execution)
    with pytest.raises(ClientError, match="ExecutionDoesNotExist"):
        client.redrive_execution(executionArn=execution + "x")


def test_an_email_needs_the_right_on_its_senders_identity(probe: Probe) -> None:
    def may_send_as(identity: str) -> None:
        region = probe.laptop.endpoints["region"]
        arn = f"arn:aws:ses:{region}:000000000000:identity/{identity}"
        probe.may({"Effect": "Allow", "Action": "ses:SendEmail", "Resource": arn})

    mail = {"do": "mail", "sender": "no-reply@meterflow.example"}
    may_send_as("another.example")
    refused = probe.invoke(**mail)
    assert "AccessDenied" in json.dumps(refused)
    may_send_as("meterflow.example")
    assert isinstance(probe.invoke(**mail), str)


def test_a_batch_needs_the_right_to_send_one_message(probe: Probe) -> None:
    sqs = probe.laptop.client("sqs")
    queue = sqs.create_queue(QueueName=f"probe-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    plain = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": arn}
    plain["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps({"Statement": [plain]})})
    try:
        probe.may({"Effect": "Allow", "Action": "sqs:ReceiveMessage", "Resource": arn})
        assert "AccessDenied" in json.dumps(probe.invoke(do="batch", queue=queue))
        # Loopback counts as a secure connection, so the queue's own policy denies nothing.
        probe.may({"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn})
        assert probe.invoke(do="batch", queue=queue) == 3
    finally:
        sqs.delete_queue(QueueUrl=queue)


def test_functions_have_boto3_and_nothing_of_ours(probe: Probe) -> None:
    found = set(probe.invoke(do="packages"))
    assert {"boto3", "botocore"} <= found
    known = {"boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3", "pip", "setuptools"}
    assert found <= known


NESTED = {
    "Parameters": {"Delay": {"Type": "Number"}},
    "Resources": {
        "Kept": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 30}},
        "Changed": {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": {"Ref": "Delay"}}},
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "StreamSpecification": {"StreamViewType": "KEYS_ONLY"},
            },
        },
    },
    "Outputs": {
        "KeptArn": {"Value": {"Fn::GetAtt": ["Kept", "Arn"]}},
        "StreamArn": {"Value": {"Fn::GetAtt": ["Table", "StreamArn"]}},
    },
}


def test_an_updated_nested_stack_keeps_the_attributes_of_what_did_not_change(laptop: Cloud) -> None:
    stacks, s3 = laptop.client("cloudformation"), laptop.client("s3")
    name = f"probe-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": laptop.endpoints["region"]})
    s3.put_object(Bucket=name, Key="nested.json", Body=json.dumps(NESTED))

    def parent(delay: int) -> dict[str, str]:
        url = f"{laptop.endpoints['aws_endpoint_url']}/{name}/nested.json"
        nested = {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": {"TemplateURL": url, "Parameters": {"Delay": str(delay)}},
        }
        outputs = {key: {"Value": {"Fn::GetAtt": ["Nested", f"Outputs.{key}"]}} for key in ("KeptArn", "StreamArn")}
        return {"TemplateBody": json.dumps({"Resources": {"Nested": nested}, "Outputs": outputs})}

    def outputs() -> dict[str, str]:
        def settled() -> Any:
            stack = stacks.describe_stacks(StackName=name)["Stacks"][0]
            return not stack["StackStatus"].endswith("_IN_PROGRESS") and stack

        stack = laptop.eventually(settled)
        assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), stack
        return {item["OutputKey"]: item["OutputValue"] for item in stack["Outputs"]}

    try:
        stacks.create_stack(StackName=name, **parent(1))
        before = outputs()
        assert before["KeptArn"].startswith("arn:aws:sqs:")
        assert "/stream/" in before["StreamArn"]
        stacks.update_stack(StackName=name, **parent(2))
        time.sleep(0.5)
        assert outputs() == before
    finally:
        stacks.delete_stack(StackName=name)
        s3.delete_object(Bucket=name, Key="nested.json")
        s3.delete_bucket(Bucket=name)


def test_the_three_people_have_the_ids_that_the_data_name_and_nobody_else_has(laptop: Cloud) -> None:
    cognito, pool = laptop.client("cognito-idp"), laptop.outputs["UserPoolId"]

    def sub(username: str) -> str:
        user = cognito.admin_get_user(UserPoolId=pool, Username=username)
        return str(next(item["Value"] for item in user["UserAttributes"] if item["Name"] == "sub"))

    for person in PEOPLE.values():
        assert sub(person["email"]) == person["sub"]
    email = f"{uuid.uuid4().hex[:12]}@example.org"
    cognito.admin_create_user(
        UserPoolId=pool,
        Username=email,
        UserAttributes=[{"Name": "email", "Value": email}],
        MessageAction="SUPPRESS",
    )
    try:
        other = sub(email)
        assert uuid.UUID(other)
        assert other not in {person["sub"] for person in PEOPLE.values()}
    finally:
        cognito.admin_delete_user(UserPoolId=pool, Username=email)


def test_another_version_of_the_emulator_is_refused_before_anything_is_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    installed: list[str] = []
    modules = [value for value in vars(shims).values() if isinstance(value, ModuleType) and hasattr(value, "install")]
    for module in modules:
        monkeypatch.setattr(module, "install", lambda module=module: installed.append(module.__name__))
    monkeypatch.setattr(metadata, "version", lambda _name: "99.0")
    with pytest.raises(shims.EmulatorChanged, match=r"99\.0"):
        shims.install_all()
    assert installed == []
    monkeypatch.setattr(metadata, "version", lambda _name: shims.CHECKED_AGAINST)
    shims.install_all()
    assert sorted(installed) == sorted(module.__name__ for module in modules)


def test_a_restarted_emulator_reads_its_streams_from_their_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """It keeps positions and no records: where it went on from a position, what comes next would never arrive."""
    from ministack.services import lambda_svc

    from local.shims import stream_positions

    streams, others = AccountRegionScopedDict(), AccountRegionScopedDict()
    monkeypatch.setattr(lambda_svc, "_dynamodb_stream_positions", streams)
    monkeypatch.setattr(lambda_svc, "_restore_esm_positions", lambda_svc._restore_esm_positions)
    stream_positions.install()
    kept = AccountRegionScopedDict()
    kept["mapping"] = 316
    lambda_svc._restore_esm_positions(others, kept)
    lambda_svc._restore_esm_positions(streams, kept)
    assert others.get("mapping") == 316
    assert streams.get("mapping") is None


# Told apart by a file, because the rights of a role are of no matter here.
READER = """
import os

def handler(event, context):
    with open(os.environ["SEEN"], "a") as seen:
        seen.writelines(record["dynamodb"]["Keys"]["id"]["S"] + chr(10) for record in event["Records"])
"""


@contextmanager
def an_emulator(chosen: ports.Ports) -> Iterator[boto3.Session]:
    """An emulator of the test's own, with our shims; ended as `make stop` ends it, its state stays."""
    command = [sys.executable, "-m", "local.emulator"]
    log = paths.log_file("emulator")
    with log.open("ab") as out:
        process = subprocess.Popen(
            command,
            cwd=paths.ROOT,
            env=emulator.environment(chosen),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 60
        while not ports.listening(chosen.emulator):
            assert process.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < deadline, "the emulator does not come up"
            time.sleep(0.1)
        yield boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def test_what_changes_after_a_restart_reaches_its_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a person has it who stops the laptop cloud in the evening and goes on in the morning."""
    monkeypatch.setenv("METERFLOW_HOME", str(tmp_path))
    first = ports.free_base()
    chosen = ports.Ports(first, first + 1, first + 2)
    url, seen = f"http://{ports.HOST}:{first}", tmp_path / "seen"

    def reaches(session: boto3.Session, *names: str) -> None:
        table = session.resource("dynamodb", endpoint_url=url).Table("changes")
        for name in names:
            table.put_item(Item={"id": name})
        deadline = time.monotonic() + 30
        while not (seen.exists() and set(names) <= set(seen.read_text().split())):
            known = seen.read_text() if seen.exists() else "nothing"
            assert time.monotonic() < deadline, f"{names} did not arrive, only {known!r}"
            time.sleep(0.1)

    with an_emulator(chosen) as session:
        stream = session.client("dynamodb", endpoint_url=url).create_table(
            TableName="changes",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        )["TableDescription"]["LatestStreamArn"]
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        iam, functions = session.client("iam", endpoint_url=url), session.client("lambda", endpoint_url=url)
        role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))["Role"]
        functions.create_function(
            FunctionName="reader",
            Runtime=build.RUNTIME,
            Handler="app.handler",
            Role=role["Arn"],
            Code={"ZipFile": packed(READER)},
            Environment={"Variables": {"SEEN": str(seen)}},
        )
        functions.create_event_source_mapping(
            FunctionName="reader", EventSourceArn=stream, StartingPosition="TRIM_HORIZON"
        )
        reaches(session, "evening-1", "evening-2", "evening-3")
    with an_emulator(chosen) as session:
        reaches(session, "morning")
    assert seen.read_text().split() == ["evening-1", "evening-2", "evening-3", "morning"]


WRAPPED = [
    ("callbacks", "ministack.services.stepfunctions", "_invoke_with_callback"),
    ("callbacks", "ministack.services.stepfunctions", "_execute_task"),
    ("callbacks", "ministack.services.stepfunctions", "_call_lambda"),
    ("callbacks", "ministack.services.stepfunctions", "_apply_jsonata_template"),
    ("callbacks", "ministack.services.stepfunctions", "_ExecutionError"),
    ("callbacks", "ministack.services.stepfunctions", "_task_tokens"),
    ("error_names", "ministack.services.lambda_svc", "_execute_function_warm"),
    ("function_interpreter", "ministack.core.lambda_runtime", "_detect_runtime_binary"),
    ("known_people", "ministack.services.cognito", "_admin_create_user"),
    ("nested_update", "ministack.services.cloudformation.provisioners", "_update_resource"),
    ("policy_checks", "ministack.core.iam_actions", "extract_iam_action"),
    ("same_execution", "ministack.services.stepfunctions", "_start_execution"),
    ("same_execution", "ministack.services.stepfunctions", "_describe_execution"),
    ("same_execution", "ministack.services.stepfunctions", "_execute_task"),
    ("same_execution", "ministack.services.stepfunctions", "_run_execution"),
    ("same_execution", "ministack.services.stepfunctions", "_executions"),
    ("same_execution", "ministack.services.stepfunctions", "handle_request"),
    ("ses_identity", "ministack.core.iam_actions", "_ses_v2_resource_arn"),
    ("stream_positions", "ministack.services.lambda_svc", "_restore_esm_positions"),
    ("stream_positions", "ministack.services.lambda_svc", "_dynamodb_stream_positions"),
]


def test_every_shim_is_listed_here() -> None:
    names = {name for name, value in vars(shims).items() if isinstance(value, ModuleType) and hasattr(value, "install")}
    assert names == {name for name, _, _ in WRAPPED}


@pytest.mark.parametrize(("shim", "module", "function"), WRAPPED)
def test_a_shim_fails_loudly_where_what_it_wraps_is_gone(
    shim: str, module: str, function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib

    install: Callable[[], None] = importlib.import_module(f"local.shims.{shim}").install
    monkeypatch.setenv("METERFLOW_FUNCTION_PYTHON", "python3")
    monkeypatch.delattr(f"{module}.{function}")
    with pytest.raises(AttributeError, match=function):
        install()
