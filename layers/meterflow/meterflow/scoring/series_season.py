"""What a series is expected to be now: its level, its day, its day and week, or its drifting day.

Four forecasts learn side by side, each only from rows before the one it speaks about; the one with the least mean
absolute error over about a week is believed, so a series without a day is not forced into one. A row far off teaches
at most four usual errors: one odd day leaves little behind.
"""

from array import array
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from meterflow.scoring.series_state import packed, unpacked

DAY_SECONDS = 86_400
MOST_SLOTS = 288
HOURS_OF_WEEK = 168
# A day is believed once it was seen three times, a week from its second, and a row teaches as one of this many.
LEAST_DAYS, LEAST_DAYS_BEFORE_WEEK, LEAST_WEEKS = 3, 7, 2
DAYS_KEPT, WEEKS_KEPT, LEVEL_DAYS, CHOICE_DAYS = 8, 5, 4, 7
FIRM_DAYS = 4
MOST_ERRORS_LEARNED = 4.0
# Another forecast takes over where its error is this share of the present one's.
TAKES_OVER = 0.9
LEVEL, DAILY, WEEKLY, DRIFTING = range(4)


class Season:
    """The forecasts of one series, in the series' own centred unit."""

    def __init__(self, interval: float, level: float) -> None:
        self._per_day = DAY_SECONDS / interval
        self._per_hour = max(1.0, self._per_day / 24)
        slots = int(min(MOST_SLOTS, max(1.0, self._per_day)))
        self._daily = array("f", bytes(4 * slots))
        self._error = array("f", bytes(4 * slots))
        self._days = bytearray(slots)
        self._weekly = array("f", bytes(4 * HOURS_OF_WEEK))
        self._weeks = array("f", bytes(4 * HOURS_OF_WEEK))
        self._errors = [0.0] * 4
        self._level, self._drift, self._rows = level, 0.0, 0
        self.choice = LEVEL
        # Of the row observed last: what was expected, the usual error and the usual error at this time of day.
        self.expected, self.usual_error, self.error_now = level, 0.0, 0.0

    def observe(self, time: datetime, value: float) -> None:
        """Forecast `value` (see `expected`, `usual_error`, `error_now`), then learn it."""
        seconds = time.hour * 3600 + time.minute * 60 + time.second
        slot = seconds * len(self._daily) // DAY_SECONDS
        hour = time.weekday() * 24 + time.hour
        forecasts = self._forecasts(slot, hour)
        chosen = forecasts[self.choice]
        self.expected = forecasts[LEVEL] if chosen is None else chosen  # type: ignore[assignment]
        error = self._errors[self.choice if chosen is not None else LEVEL]
        self.usual_error = error
        self.error_now = 0.5 * (error + self._error[slot]) if self._days[slot] >= LEAST_DAYS else error
        self._learn(slot, hour, value)
        self._choose(forecasts, value)

    def _forecasts(self, slot: int, hour: int) -> list[float | None]:
        """What each forecast says; none where it has seen too little."""
        days = self._days[slot]
        if days < LEAST_DAYS:
            return [self._level, None, None, None]
        day = self._daily[slot]
        weekly = days >= LEAST_DAYS_BEFORE_WEEK and self._weeks[hour] >= LEAST_WEEKS
        return [self._level, day, day + self._weekly[hour] if weekly else None, day + self._drift]

    def _learn(self, slot: int, hour: int, value: float) -> None:
        self._rows += 1
        self._level += (value - self._level) / min(self._rows, LEVEL_DAYS * self._per_day + 1)
        days, day = self._days[slot], self._daily[slot]
        self._days[slot] = min(days + 1, DAYS_KEPT)
        if days == 0:
            self._daily[slot] = value
            return
        off = value - day
        most = MOST_ERRORS_LEARNED * self.usual_error or abs(off)
        step = max(-most, min(most, off)) if days >= FIRM_DAYS else off
        self._daily[slot] = day + step / min(days + 1, DAYS_KEPT)
        self._error[slot] += (abs(off) - self._error[slot]) / min(days, DAYS_KEPT)
        self._drift += (off - self._drift) / max(6.0, self._per_day / 4)
        if days > FIRM_DAYS:
            self._weeks[hour] = min(self._weeks[hour] + 1, self._per_hour * WEEKS_KEPT)
            beyond = max(-most, min(most, off - self._weekly[hour]))
            self._weekly[hour] += beyond / (self._per_hour + self._weeks[hour])

    def _choose(self, forecasts: list[float | None], value: float) -> None:
        """Judge the forecasts by their errors, and believe the best."""
        gain = 1.0 / min(self._rows, CHOICE_DAYS * self._per_day + 1)
        best = self.choice
        for index, forecast in enumerate(forecasts):
            if forecast is None:
                continue
            error = abs(value - forecast)
            old = self._errors[index]
            self._errors[index] = old + (error - old) * gain if old else error
            if self._errors[index] < self._errors[best]:
                best = index
        if self._errors[best] < TAKES_OVER * self._errors[self.choice]:
            self.choice = best

    def to_item(self) -> dict[str, Any]:
        """The state, JSON-able."""
        return {
            "per_day": self._per_day,
            "daily": packed(self._daily),
            "error": packed(self._error),
            "days": list(self._days),
            "weekly": packed(self._weekly),
            "weeks": packed(self._weeks),
            "errors": list(self._errors),
            "level": self._level,
            "drift": self._drift,
            "rows": self._rows,
            "choice": self.choice,
        }

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> "Season":
        """The season that `to_item` wrote down."""
        season = cls(DAY_SECONDS / float(item["per_day"]), float(item["level"]))
        season._per_day = float(item["per_day"])
        season._per_hour = max(1.0, season._per_day / 24)
        season._daily, season._error = unpacked(item["daily"]), unpacked(item["error"])
        season._days = bytearray(int(each) for each in item["days"])
        season._weekly, season._weeks = unpacked(item["weekly"]), unpacked(item["weeks"])
        season._errors = [float(each) for each in item["errors"]]
        season._drift, season._rows, season.choice = float(item["drift"]), int(item["rows"]), int(item["choice"])
        return season
