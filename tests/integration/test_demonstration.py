"""The flow that `make run` shows a person: photo, reading, what each step decided, the message."""

from cli import demonstration
from tests.integration.conftest import Cloud


def test_the_users_flow_is_played_and_can_be_played_again(laptop: Cloud) -> None:
    customer = laptop.session("customer")
    before = customer.call("GET", f"/meters/{demonstration.METER}")["latest"]["value"]
    told: list[str] = []
    demonstration.run(laptop.endpoints, told.append)
    once = customer.call("GET", f"/meters/{demonstration.METER}")["latest"]["value"]
    assert once > before
    shown = "\n".join(told)
    for step in ("ValidateReading", "RecordReading", "ValidatePhoto", "ScoreAnomaly", "SettleReading"):
        assert step in shown
    assert "ACCEPTED" in shown
    assert laptop.endpoints["users"]["customer"]["email"] in shown
    assert once in shown
    demonstration.run(laptop.endpoints, told.append)
    assert customer.call("GET", f"/meters/{demonstration.METER}")["latest"]["value"] > once
