"""Jumps that no fire makes: one pixel that turns hot by itself, and gas that is there in one single row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from meterflow.scoring.fire_features import FireRow

# A pixel has jumped when the hottest rises by so much in one row while the image as a whole stays as it is.
_PIXEL_C = 25.0
_STILL_P95_C, _STILL_MEAN_C, _STILL_AREA_PCT = 1.5, 0.5, 0.15
# It is broken when it then stays within so much, for so many rows: a flame flickers and grows.
_STEADY_C, _STEADY_ROWS = 3.0, 6
# Gas spikes: so many times the value before, and gone in the next row; this many of late are a fault.
_SPIKE_TIMES, _SPIKES = 1.5, 2.5
_SPIKE_MEMORY = 0.97


@dataclass(slots=True)
class FireJumps:
    """`last`: the newest row's values. `pixel_c`: the level that the hottest jumped to, the rows since, and the image
    `before` it: a small flame grows against that, even where the camera is saturated. `spikes` of gas of late."""

    last: dict[str, float] = field(default_factory=dict)
    pixel_c: float | None = None
    pixel_rows: int = 0
    before: dict[str, float] = field(default_factory=dict)
    gas_before: float | None = None
    spikes: float = 0.0

    def observe(self, row: FireRow) -> dict[str, str]:
        """The senses that such jumps prove broken, in words. Updates the state."""
        found = dict[str, str]()
        now = {
            name: value
            for name, value in (
                ("heat", row.heat()),
                ("p95", row.t_p95),
                ("mean", row.t_mean),
                ("area", row.t_hot_area_pct),
                ("gas", row.gas_val),
            )
            if value is not None
        }
        if self._pixel(now):
            found["thermal"] = f"one pixel stays at {self.pixel_c:.0f} C while the rest of the image is as before"
        self._spike(now.get("gas"))
        if self.spikes >= _SPIKES:
            found["gas"] = "gas_val keeps jumping up for single rows"
        self.last = now
        return found

    def _pixel(self, now: Mapping[str, float]) -> bool:
        """Whether one pixel alone has been hot and steady for some rows."""
        if "heat" not in now or "heat" not in self.last:
            return False
        if self.pixel_c is not None:
            if not self._still(now, self.before) or abs(now["heat"] - self.pixel_c) > _STEADY_C:
                self.pixel_c, self.pixel_rows = None, 0
            else:
                self.pixel_rows += 1
        elif self._still(now, self.last) and now["heat"] - self.last["heat"] >= _PIXEL_C:
            self.pixel_c, self.pixel_rows, self.before = now["heat"], 0, self.last
        return self.pixel_rows >= _STEADY_ROWS

    def _still(self, now: Mapping[str, float], then: Mapping[str, float]) -> bool:
        """Whether the image as a whole is as it was `then`; at least one of its statistics must be there to tell."""
        bounds = {"p95": _STILL_P95_C, "mean": _STILL_MEAN_C, "area": _STILL_AREA_PCT}
        known = [name for name in bounds if name in now and name in then]
        return bool(known) and all(abs(now[name] - then[name]) <= bounds[name] for name in known)

    def _spike(self, gas: float | None) -> None:
        """Count a value that towers above both its neighbours."""
        before, middle = self.gas_before, self.last.get("gas")
        self.spikes *= _SPIKE_MEMORY
        if gas is not None and middle is not None and before and middle > _SPIKE_TIMES * max(before, gas):
            self.spikes += 1.0
        self.gas_before = middle

    def to_item(self) -> dict[str, Any]:
        """The state as JSON."""
        return {
            "last": dict(self.last),
            "pixel_c": self.pixel_c,
            "pixel_rows": self.pixel_rows,
            "before": dict(self.before),
            "gas_before": self.gas_before,
            "spikes": self.spikes,
        }

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """The inverse of `to_item`."""
        return cls(
            {str(name): float(value) for name, value in item["last"].items()},
            None if item["pixel_c"] is None else float(item["pixel_c"]),
            int(item["pixel_rows"]),
            {str(name): float(value) for name, value in item["before"].items()},
            None if item["gas_before"] is None else float(item["gas_before"]),
            float(item["spikes"]),
        )
