"""A person is told where an episode starts, where it gets worse, and after a long calm."""

import json

from meterflow.scoring.sensor_episode import Episodes

CALM = 600.0


def test_told_at_the_start_when_worse_and_after_a_calm() -> None:
    episodes = Episodes()
    assert episodes.tell("fire", "HIGH", 0.0, CALM)
    assert not episodes.tell("fire", "HIGH", 600.0, CALM)
    assert episodes.tell("fire", "CRITICAL", 700.0, CALM)
    assert not episodes.tell("fire", "HIGH", 800.0, CALM)
    assert not episodes.tell("fire", "CRITICAL", 900.0, CALM)
    assert episodes.tell("fire", "HIGH", 1500.1, CALM)


def test_kinds_are_episodes_of_their_own() -> None:
    episodes = Episodes()
    assert episodes.tell("voltage_sag", "HIGH", 0.0, CALM)
    assert episodes.tell("tampering", "HIGH", 1.0, CALM)


def test_the_state_survives_json_and_forgets() -> None:
    episodes = Episodes()
    episodes.tell("fire", "HIGH", 0.0, CALM)
    again = Episodes.from_item(json.loads(json.dumps(episodes.to_item())))
    assert not again.tell("fire", "HIGH", 10.0, CALM)
    again.forget(700.0, CALM)
    assert again.to_item() == {}
