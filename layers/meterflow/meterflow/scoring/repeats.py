"""A frozen sensor: the same value again and again, told apart from a signal that repeats itself by nature."""

from dataclasses import dataclass
from typing import Any, Self

# A run is a fault when chance would make it once in a million runs …
_CHANCE = 1e-6
# … and it is this many times longer than any run before: repeats come in clusters (a fridge at rest, rounding).
_LONGER = 4


@dataclass(slots=True)
class Repeats:
    """Runs of identical rows of one signal (or of several together).

    `prior` is the share of repeats assumed before any row is seen (it weighs four rows): near 0 for signals with
    many digits, near 1 for coarse ones. `run` counts the repeats that end in the newest row: 0 when the row differs
    from the one before it.
    """

    prior: float = 0.3
    rows: float = 0.0
    repeated: float = 0.0
    run: int = 0
    longest: int = 0
    last: tuple[float | None, ...] | None = None

    def observe(self, values: tuple[float | None, ...], at_least: int) -> bool:
        """Take one row; true while it belongs to a run of at least `at_least` repeats that nature does not explain.

        Complexity: O(len(values)). A run that was a fault does not count as one that nature made.
        """
        if self.last is not None and values == self.last:
            self.run += 1
            return self.frozen(at_least)
        if self.last is not None:
            if not self.frozen(at_least):
                self.repeated += self.run
                self.rows += self.run
                self.longest = max(self.longest, self.run)
            self.rows += 1
        self.run, self.last = 0, values
        return False

    def frozen(self, at_least: int) -> bool:
        """Whether the present run is a fault."""
        if self.run < max(at_least, _LONGER * self.longest):
            return False
        chance = (self.repeated + 4.0 * self.prior) / (self.rows + 4.0)
        return bool(chance**self.run < _CHANCE)

    def to_item(self) -> dict[str, Any]:
        """The run as JSON."""
        return {
            "prior": self.prior,
            "rows": self.rows,
            "repeated": self.repeated,
            "run": self.run,
            "longest": self.longest,
            "last": None if self.last is None else list(self.last),
        }

    @classmethod
    def from_item(cls, item: dict[str, Any]) -> Self:
        """The inverse of `to_item`."""
        last = item["last"]
        return cls(
            prior=float(item["prior"]),
            rows=float(item["rows"]),
            repeated=float(item["repeated"]),
            run=int(item["run"]),
            longest=int(item["longest"]),
            last=None if last is None else tuple(None if value is None else float(value) for value in last),
        )
