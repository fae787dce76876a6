"""At most so many alarms a week for the whole file: of the rows that would be told, which are.

By time, and from what was there before: an alarm is told where alarms as strong as it have been no more frequent so far
than the budget, and where the last seven days (longer for a budget below one a week) have room. So a loud meter is not
told over and over, and the promise holds whatever the data are.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

WEEK = timedelta(days=7)


class Alarm(NamedTuple):
    """A row that a scorer would tell."""

    at: datetime
    row: int
    score: float


def within(alarms: Iterable[Alarm], a_week: float, since: datetime) -> set[int]:
    """The rows that are told: never more than `a_week` (or one in 1 / `a_week` weeks) in any such span.

    `since` is the time of the file's first row: how long the alarms have been counted.
    """
    room = max(1, int(a_week))
    span = WEEK * (room / a_week)
    told: deque[datetime] = deque(maxlen=room)
    scores: list[float] = []
    rows = set()
    for alarm in sorted(alarms):
        as_strong = len(scores) - bisect_left(scores, alarm.score)
        insort(scores, alarm.score)
        allowed = max(1.0, a_week * ((alarm.at - since) / WEEK))
        full = len(told) == room and alarm.at - told[0] < span
        if as_strong + 1 <= allowed and not full:
            told.append(alarm.at)
            rows.add(alarm.row)
    return rows
