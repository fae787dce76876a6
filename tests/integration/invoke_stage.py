"""What a case of test_invoke works with: the step's sample event, the cloud's parts, and a way to leave no trace.

A case prepares what its event needs, invokes the function, and looks at the effect. Whatever it prepares through the
stage is put back as it was before, so that the cases can run again on the same cloud.
"""

import contextlib
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from local import deploy, invoke

SECONDS = 60
# Whoever may send to a queue of a test: everybody, it is gone in a minute.
SENDER = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
OPEN_TO_ALL = {"Version": "2012-10-17", "Statement": [SENDER]}


class Tools:
    """The cloud's clients, made once for the cases that run one after the other. They are not shared by threads.

    `touched` are the rows that these cases wrote, each with the last step that did.
    """

    def __init__(self, cloud: Any) -> None:
        self.cloud = cloud
        self.outputs: dict[str, str] = cloud.outputs
        self.touched: dict[tuple[str, str], str] = {}
        self._clients: dict[str, Any] = {}
        self._dynamodb = deploy.resource("dynamodb")

    def client(self, service: str) -> Any:
        """A client of the cloud, as the account's root."""
        if service not in self._clients:
            self._clients[service] = deploy.client(service)
        return self._clients[service]

    def table(self, name: str) -> Any:
        """The table of output `<name>TableName`."""
        return self._dynamodb.Table(self.outputs[f"{name}TableName"])


@dataclass(frozen=True)
class Wait:
    """A real execution that waits for `token`. `answer` gives what it was woken with, and fails where it is not."""

    token: str
    answer: Callable[[], Any]


class Stage:
    """One case's view of the cloud."""

    def __init__(self, tools: Tools, step: str) -> None:
        self.tools, self.step = tools, step
        self.event: Any = json.loads(invoke.event_file(step).read_text())
        self.undo = contextlib.ExitStack()

    # --- the function ------------------------------------------------------------------------------------------

    @cached_property
    def settings(self) -> dict[str, str]:
        """The environment of the function as it is deployed."""
        return invoke.deployed_settings(self.step)

    def invoke(self, **changes: str) -> Any:
        """What `sam local invoke` gives for the sample event, as it is. `changes` are other settings."""
        return invoke.invoke(self.step, invoke.event_file(self.step), changes)

    def call(self, status: int) -> Any:
        """The body of an API function's answer, which has `status`."""
        answer = self.invoke()
        assert answer["statusCode"] == status, answer
        return json.loads(answer["body"])

    def until(self, question: Callable[[], Any], what: str) -> Any:
        """Ask until the answer is true and return it. Fails where it never is."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            if answer := question():
                return answer
            time.sleep(0.2)
        raise AssertionError(f"{self.step}: {what}: still not so after {SECONDS} s")

    # --- tables ------------------------------------------------------------------------------------------------

    def row(self, table: str, **key: str) -> dict[str, Any]:
        """A row as it is now, empty where there is none."""
        found: dict[str, Any] = self.tools.table(table).get_item(Key=key, ConsistentRead=True).get("Item", {})
        return found

    def remember(self, table: str, **key: str) -> dict[str, Any]:
        """The row, which will be as it is now when the case has ended."""
        before, rows = self.row(table, **key), self.tools.table(table)
        self.tools.touched[(table, json.dumps(key, sort_keys=True))] = self.step
        self.undo.callback(lambda: rows.put_item(Item=before) if before else rows.delete_item(Key=key))
        return before

    def put(self, table: str, item: dict[str, Any], *key: str) -> None:
        """Have `item` in `table`, whose key are the named fields, while the case lasts."""
        self.remember(table, **{name: item[name] for name in key})
        self.tools.table(table).put_item(Item=item)

    def absent(self, table: str, **key: str) -> None:
        """Have no such row when the function starts, and after the case what was there before."""
        self.remember(table, **key)
        self.tools.table(table).delete_item(Key=key)

    # --- buckets -----------------------------------------------------------------------------------------------

    def bucket(self, name: str) -> str:
        """The bucket of output `<name>BucketName`."""
        return self.tools.outputs[f"{name}BucketName"]

    def object(self, bucket: str, key: str) -> bytes | None:
        """The object's content, or None where there is none."""
        s3 = self.tools.client("s3")
        try:
            content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except s3.exceptions.NoSuchKey:
            return None
        return content

    def remove_object(self, bucket: str, key: str) -> None:
        """Remove the object with all its versions, now."""
        s3 = self.tools.client("s3")
        listed = s3.list_object_versions(Bucket=bucket, Prefix=key)
        for version in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]:
            s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
        s3.delete_object(Bucket=bucket, Key=key)

    def put_object(self, bucket: str, key: str, content: bytes) -> None:
        """Have this object while the case lasts."""
        self.undo.callback(self.remove_object, bucket, key)
        self.tools.client("s3").put_object(Bucket=bucket, Key=key, Body=content)

    def own_bucket(self) -> str:
        """An empty bucket of the case's own."""
        s3, name = self.tools.client("s3"), f"invoke-{uuid.uuid4().hex[:12]}"
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})

        def remove() -> None:
            for item in s3.list_objects_v2(Bucket=name).get("Contents", []):
                s3.delete_object(Bucket=name, Key=item["Key"])
            s3.delete_bucket(Bucket=name)

        self.undo.callback(remove)
        return name

    # --- queues, events and topics -----------------------------------------------------------------------------

    def own_queue(self, *, fifo: bool = False) -> str:
        """The URL of an empty queue of the case's own."""
        sqs, name = self.tools.client("sqs"), f"invoke-{uuid.uuid4().hex[:12]}" + (".fifo" if fifo else "")
        attributes = {"Policy": json.dumps(OPEN_TO_ALL)} | ({"FifoQueue": "true"} if fifo else {})
        url: str = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        self.undo.callback(sqs.delete_queue, QueueUrl=url)
        return url

    def received(self, queue: str, seconds: int = 3) -> list[dict[str, Any]]:
        """The messages that came to `queue`; waits for the first at most `seconds`."""
        sqs = self.tools.client("sqs")
        request = {"QueueUrl": queue, "MaxNumberOfMessages": 10, "AttributeNames": ["All"], "WaitTimeSeconds": seconds}
        messages: list[dict[str, Any]] = []
        while found := sqs.receive_message(**request).get("Messages"):
            messages += found
            for message in found:
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            request["WaitTimeSeconds"] = 0
        return messages

    def _arn(self, queue: str) -> str:
        answer = self.tools.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        return str(answer["Attributes"]["QueueArn"])

    def listen(self, detail_type: str) -> Callable[[], list[dict[str, Any]]]:
        """Listen on the bus from now on; what it returns gives the details of the events of this type."""
        events, queue, bus = self.tools.client("events"), self.own_queue(), self.tools.outputs["EventBusName"]
        rule, pattern = f"invoke-{uuid.uuid4().hex[:12]}", {"source": ["meterflow"], "detail-type": [detail_type]}
        events.put_rule(Name=rule, EventBusName=bus, EventPattern=json.dumps(pattern))
        self.undo.callback(events.delete_rule, Name=rule, EventBusName=bus)
        events.put_targets(Rule=rule, EventBusName=bus, Targets=[{"Id": "case", "Arn": self._arn(queue)}])
        self.undo.callback(events.remove_targets, Rule=rule, EventBusName=bus, Ids=["case"])
        return lambda: [json.loads(message["Body"])["detail"] for message in self.received(queue)]

    def subscribe(self, topic: str) -> Callable[[], list[dict[str, Any]]]:
        """Subscribe to an SNS topic; what it returns gives the notifications."""
        sns, queue = self.tools.client("sns"), self.own_queue()
        answer = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=self._arn(queue), ReturnSubscriptionArn=True)
        self.undo.callback(sns.unsubscribe, SubscriptionArn=answer["SubscriptionArn"])
        return lambda: [json.loads(message["Body"]) for message in self.received(queue)]

    # --- state machines ----------------------------------------------------------------------------------------

    def wait(self) -> Wait:
        """A real execution that waits for its task token, as a machine of ours does."""
        states, queue = self.tools.client("stepfunctions"), self.own_queue()
        ours = states.describe_state_machine(stateMachineArn=self.tools.outputs["TechnicianDispatchStateMachineArn"])
        body = {"token": "{% $states.context.Task.Token %}"}
        task = {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "TimeoutSeconds": SECONDS * 5,
            "Arguments": {"QueueUrl": queue, "MessageBody": body},
            "End": True,
        }
        definition = {"QueryLanguage": "JSONata", "StartAt": "Wait", "States": {"Wait": task}}
        machine = states.create_state_machine(
            name=f"invoke-{uuid.uuid4().hex[:12]}", definition=json.dumps(definition), roleArn=ours["roleArn"]
        )["stateMachineArn"]
        self.undo.callback(states.delete_state_machine, stateMachineArn=machine)
        execution = states.start_execution(stateMachineArn=machine, input="{}")["executionArn"]
        self.undo.callback(self.stop, execution)
        (message,) = self.received(queue, seconds=10)

        def ended() -> Any:
            known = states.describe_execution(executionArn=execution)
            return known if known["status"] != "RUNNING" else None

        def answer() -> Any:
            known = self.until(ended, "the machine is woken")
            assert known["status"] == "SUCCEEDED", known
            return json.loads(known["output"])

        return Wait(json.loads(message["Body"])["token"], answer)

    def stop(self, execution: str) -> None:
        """Stop an execution if it still runs."""
        states = self.tools.client("stepfunctions")
        if states.describe_execution(executionArn=execution)["status"] == "RUNNING":
            states.stop_execution(executionArn=execution)


Case = Callable[[Stage], None]
