"""Write the city into the tables, once.

The row `city#v1` of the Claims table says whose dates the city has and, at the end, that it is whole. A run that was
cut short is gone on with by the next one, with the first one's date: ids derive from meter and week, so what is there
already is written again as it was. People and meters are put only where they are absent, because somebody may have
changed them since; meters come last, so that a reading can be submitted only to a meter that has its history.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from itertools import islice
from random import Random
from typing import Any

from botocore.exceptions import ClientError

from local.city import history, people
from local.city.meters import meters
from meterflow import clock, rate_anomaly
from meterflow.adapters.items import to_item
from meterflow.consumption import RegisterReading
from meterflow.meter import Latest, Meter
from meterflow.reading import Quality, Reading, parse_value
from meterflow.risk import RiskLevel, calculate_risk_level

CLAIM_KEY = "city#v1"
# DynamoDB's limit for one batch.
BATCH = 25
WRITERS = 4
# How often a batch is sent again for what the table was too busy to take; the waits grow to 2 s.
ATTEMPTS = 10
LONGEST_WAIT = 2.0
PROGRESS_EVERY = 4_000

Say = Callable[[str], None]


class SeedingFailed(RuntimeError):
    """A table stayed too busy, or is of another city. Seeding again goes on where it stopped."""


def seed(dynamodb: Any, tables: Mapping[str, str], say: Say, today: date | None = None) -> bool:
    """Write the city of `today` (by default the day in UTC). False where it was whole already and nothing was written.

    `dynamodb` is a boto3 resource. `tables` names the tables `Meters Readings Customers Technicians Claims`. `say`
    gets a line of progress now and then. Raises SeedingFailed where a table stays too busy.
    """
    client = dynamodb.meta.client
    claim = _claim(client, tables["Claims"], today or datetime.now(UTC).date())
    if claim.get("seeded_at"):
        say("the city is there already")
        return False
    as_of = date.fromisoformat(claim["as_of"])
    fleet = meters()
    say(f"the city as of {as_of}: {len(fleet)} meters, a year of readings")
    _put_absent(client, tables["Customers"], people.customers(), "customer_id")
    _put_absent(client, tables["Technicians"], people.technicians(), "technician_id")
    say("customers and technicians are there")
    histories = {meter.meter_id: history.readings(meter, as_of) for meter in fleet}
    _write(client, tables["Readings"], [to_item(each) for past in histories.values() for each in past], say)
    _put_absent(
        client, tables["Meters"], [to_item(with_latest(each, histories[each.meter_id])) for each in fleet], "meter_id"
    )
    say("meters are there")
    _settle(client, tables["Claims"])
    return True


def with_latest(meter: Meter, past: Sequence[Reading]) -> Meter:
    """`meter` with its newest reading and the risk that scoring gives that reading."""
    newest = past[-1]
    latest = Latest(
        submission_id=newest.submission_id, value=newest.value, taken_at=newest.taken_at, quality=newest.quality
    )
    return meter.model_copy(update={"latest": latest, "risk_level": risk_of(meter, past)})


def risk_of(meter: Meter, past: Sequence[Reading]) -> RiskLevel | None:
    """The risk of the newest of `past`, by the rules that anomaly_scoring uses."""
    measured = [
        RegisterReading(parse_value(each.value), clock.from_text(each.taken_at))
        for each in past
        if each.quality is not Quality.ESTIMATED
    ]
    register = rate_anomaly.register_of(meter.unit, meter.capacity, meter.multiplier, meter.max_daily)
    verdict = rate_anomaly.judge(measured[-1], measured[:-1], register)
    if isinstance(verdict, rate_anomaly.NoVerdict):
        return None
    return calculate_risk_level(verdict.leak_probability, verdict.burst_probability, meter.zone)


def _claim(client: Any, table: str, today: date) -> dict[str, Any]:
    """The city's claim, taken now unless an earlier run took it. It never expires."""
    item = {"claim_key": CLAIM_KEY, "holder": "city", "as_of": today.isoformat(), "claimed_at": _now()}
    _put_absent(client, table, [item], "claim_key")
    claim: dict[str, Any] = client.get_item(TableName=table, Key={"claim_key": CLAIM_KEY}, ConsistentRead=True)["Item"]
    return claim


def _settle(client: Any, table: str) -> None:
    client.update_item(
        TableName=table,
        Key={"claim_key": CLAIM_KEY},
        UpdateExpression="SET seeded_at = :now",
        ExpressionAttributeValues={":now": _now()},
    )


def _put_absent(client: Any, table: str, items: Sequence[dict[str, Any]], key: str) -> None:
    """Put each item whose `key` the table does not hold."""

    def put(item: dict[str, Any]) -> None:
        try:
            client.put_item(TableName=table, Item=item, ConditionExpression=f"attribute_not_exists({key})")
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise

    _in_parallel(put, items)


def _write(client: Any, table: str, items: Sequence[dict[str, Any]], say: Say) -> None:
    """Put every item, BATCH at a time, whatever is there."""
    written = 0
    for part in _parts(items, PROGRESS_EVERY):
        _in_parallel(lambda batch: _write_batch(client, table, batch), list(_parts(part, BATCH)))
        written += len(part)
        say(f"readings: {written} of {len(items)}")


def _write_batch(
    client: Any, table: str, items: Sequence[dict[str, Any]], sleep: Callable[[float], None] = time.sleep
) -> None:
    """Put one batch, again and again for what the table gave back, with growing waits."""
    requests: dict[str, Any] = {table: [{"PutRequest": {"Item": item}} for item in items]}
    chance = Random()
    for attempt in range(ATTEMPTS):
        requests = client.batch_write_item(RequestItems=requests).get("UnprocessedItems") or {}
        if not requests:
            return
        # Full jitter: writers that were refused together do not come back together.
        sleep(chance.uniform(0, min(LONGEST_WAIT, 0.05 * 2**attempt)))
    raise SeedingFailed(f"{table} did not take {len(requests[table])} items after {ATTEMPTS} attempts")


def _in_parallel(work: Callable[[Any], None], parts: Sequence[Any]) -> None:
    """Do `work` on every part with WRITERS threads. The first error ends it, once what is under way is done."""
    with ThreadPoolExecutor(WRITERS) as writers:
        try:
            for _ in writers.map(work, parts):
                pass
        except BaseException:
            writers.shutdown(cancel_futures=True)
            raise


def _parts(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part


def _now() -> str:
    return clock.to_text(clock.now())
