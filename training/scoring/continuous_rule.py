"""The rule that utilities use: water has run without one dry hour for 24 (or 48) hours."""

from collections.abc import Iterable
from datetime import datetime

from meterflow.scoring.flow_episode import Episode
from training.scoring.homes_data import Interval

# A row longer than this says nothing of its single hours: it neither counts nor breaks the run.
LONGEST_HOURS = 1.7


class ContinuousRule:
    """Tells once a run of flow is `hours` long, and like our scorer at most once a week."""

    def __init__(self, hours: float) -> None:
        self.hours = hours
        self._run = 0.0
        self._episode = Episode()

    def observe(self, each: Interval) -> bool:
        """Whether a person is told now."""
        if each.used <= 0:
            self._run = 0.0
        elif each.hours <= LONGEST_HOURS:
            self._run += each.hours
        return self._episode.tell(each.end, self._run, self.hours)

    def alarms(self, intervals: Iterable[Interval]) -> list[datetime]:
        """The times of its alarms."""
        return [each.end for each in intervals if self.observe(each)]
