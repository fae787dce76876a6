"""The meters near a place, from the source-of-truth shards in the lake: the same documents that the map is made of."""

from meterflow import nearby
from meterflow.adapters import source_of_truth
from meterflow.errors import TransientError
from meterflow.meter import Location
from meterflow.observability import logger


def of(place: Location, but: str) -> tuple[str, ...]:
    """The ids of the nearest meters, nearest first; empty where the shards cannot be read, for no alarm waits for them.

    The shards lag the meters by some seconds.
    """
    try:
        states = [state for cell in nearby.cells(place) for state in source_of_truth.load_shard(cell).states()]
    except TransientError:
        logger.warning("no neighbours: the shards cannot be read")
        return ()
    return nearby.near(place, states, but)
