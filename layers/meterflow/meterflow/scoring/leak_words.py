"""One sentence that names the readings of a leak sensor and what changed."""

from datetime import datetime
from typing import Any

from meterflow.scoring.leak_features import LeakFeatures, LeakRow

_REACH_HOURS = 2.0
_POINTS = 12


class Recent:
    """The readings of about the last two hours, thinned to a dozen."""

    def __init__(self) -> None:
        self._points: list[tuple[datetime, float | None, float | None]] = []

    def add(self, row: LeakRow) -> None:
        """Take a row in; rows of seconds are thinned to one in ten minutes."""
        if len(self._points) > 1 and (row.timestamp - self._points[-2][0]).total_seconds() < 600.0:
            self._points.pop()
        self._points.append((row.timestamp, row.pressure_bar, row.flow_rate_lps))
        reach = _REACH_HOURS * 3600.0
        late = [point for point in self._points[:-1] if (row.timestamp - point[0]).total_seconds() <= reach]
        before = [self._points[-2]] if len(self._points) > 1 and not late else late
        self._points = [*before, self._points[-1]][-_POINTS:]

    def before(self, *, pressure: bool) -> tuple[datetime, float | None, float | None]:
        """The point since which pressure fell most (or flow rose most)."""
        if pressure:
            return max(self._points, key=lambda point: -1.0 if point[1] is None else point[1])
        return min(self._points, key=lambda point: float("inf") if point[2] is None else point[2])

    def to_item(self) -> list[Any]:
        """The points as JSON."""
        return [[moment.isoformat(), pressure, flow] for moment, pressure, flow in self._points]

    @classmethod
    def from_item(cls, item: list[Any]) -> "Recent":
        """The points of `to_item`."""
        recent = cls()
        recent._points = [(datetime.fromisoformat(moment), pressure, flow) for moment, pressure, flow in item]
        return recent


def readings(row: LeakRow) -> str:
    """What the row has, with units."""
    parts = [
        (row.pressure_bar, "pressure {:.3g} bar"),
        (row.flow_rate_lps, "flow {:.3g} l/s"),
        (row.temperature_c, "{:.3g} C"),
    ]
    return ", ".join(words.format(value) for value, words in parts if value is not None)


def change(row: LeakRow, recent: Recent) -> str | None:
    """What changed within the last two hours, where it is plain: 4 % of the pressure or 10 % of the flow."""
    fell = rose = None
    since = None
    if row.pressure_bar is not None:
        moment, high, _ = recent.before(pressure=True)
        if high is not None and row.pressure_bar < 0.96 * high:
            fell, since = f"pressure fell from {high:.3g} to {row.pressure_bar:.3g} bar", moment
    if row.flow_rate_lps is not None:
        moment, _, low = recent.before(pressure=False)
        if low is not None and row.flow_rate_lps > 1.1 * low:
            rose = f"flow rose from {low:.3g} to {row.flow_rate_lps:.3g} l/s"
            since = moment if since is None else min(since, moment)
    if since is None:
        return None
    minutes = max(1, round((row.timestamp - since).total_seconds() / 60.0))
    return f"{' while '.join(part for part in (fell, rose) if part)} within {minutes} min"


def standing(row: LeakRow, features: LeakFeatures) -> str:
    """How the last day (or six hours, where that says more) stands beside the sensor's usual."""
    parts = []
    for normal, value, unit, word in (
        (features.flow, row.flow_rate_lps, "l/s", "flow"),
        (features.pressure, row.pressure_bar, "bar", "pressure"),
    ):
        if value is None:
            continue
        at, over = (2, "day") if abs(normal.z(2)) >= abs(normal.z(1)) else (1, "six hours")
        off = normal.trails[at].value
        side = "above" if off > 0 else "below"
        share = f" ({abs(100 * normal.share(off)):.0f} %)" if abs(normal.share(off)) >= 0.01 else ""
        parts.append(f"{word} ran {abs(off):.2g} {unit}{share} {side} its usual for these hours over the last {over}")
    return f"{' and '.join(parts)}; now {readings(row)}"
