"""When a person is told: once where an episode starts, again where it gets worse, and again after a long calm."""

from dataclasses import dataclass, field
from typing import Any, Self

from meterflow.risk import RiskLevel

LEVELS: tuple[RiskLevel, ...] = ("LOW", "MEDIUM", "HIGH", "CRITICAL")


@dataclass(slots=True)
class Episodes:
    """The open episodes of one sensor, by kind: the worst level told, and when a row last belonged to it (epoch s)."""

    open: dict[str, tuple[int, float]] = field(default_factory=dict)

    def tell(self, kind: str, level: RiskLevel, at: float, calm_s: float) -> bool:
        """Whether the row at `at` is told. It must be alarming; an episode ends after `calm_s` without such a row."""
        rank = LEVELS.index(level)
        told, last = self.open.get(kind, (-1, at))
        starts = told < 0 or at - last > calm_s
        self.open[kind] = (rank if starts else max(rank, told), at)
        return starts or rank > told

    def forget(self, at: float, calm_s: float) -> None:
        """Close what has been calm for `calm_s`, so that the state stays small."""
        self.open = {kind: (told, last) for kind, (told, last) in self.open.items() if at - last <= calm_s}

    def to_item(self) -> dict[str, list[float]]:
        """The episodes as JSON."""
        return {kind: [told, last] for kind, (told, last) in self.open.items()}

    @classmethod
    def from_item(cls, item: dict[str, Any]) -> Self:
        """The inverse of `to_item`."""
        return cls({str(kind): (int(told), float(last)) for kind, (told, last) in item.items()})
