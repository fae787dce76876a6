"""What `meterflow score` prints: a line a row, the bad rows, progress and the summary."""

import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from meterflow.clock import to_text
from meterflow.scoring.verdict import NORMAL, TOO_LITTLE_DATA, Verdict

BAD_ROW = "bad_row"
# Finer than any threshold, and short.
_PLACES = 6
_EVERY_S = {True: 0.5, False: 30.0}


@dataclass(frozen=True, slots=True)
class Scored:
    """One row of the file: its number, whose it is, when, and the verdict, or why there is none."""

    row: int
    id: str | None
    at: datetime | None
    verdict: Verdict | None
    bad: str | None = None

    def as_json(self) -> str:
        """The contract's object on a line."""
        said: dict[str, Any] = {"row": self.row, "id": self.id, "timestamp": to_text(self.at) if self.at else None}
        if self.verdict is None:
            said |= {"score": None, "probabilities": {}, "risk_level": None, "alert": False}
            return json.dumps(said | {"kind": BAD_ROW, "reason": self.bad})
        one = self.verdict
        said |= {
            "score": round(one.score, _PLACES),
            "probabilities": {name: round(value, _PLACES) for name, value in one.probabilities.items()},
            "risk_level": one.risk_level,
            "alert": one.alert,
            "kind": one.kind,
            "reason": one.reason,
        }
        return json.dumps(said)

    def packed(self) -> str:
        """Everything but the row's number, for a temporary file."""
        one = self.verdict
        said = one and [one.score, dict(one.probabilities), one.risk_level, one.alert, one.kind, one.reason]
        return json.dumps([self.id, self.at.isoformat() if self.at else None, self.bad, said])

    @classmethod
    def unpacked(cls, row: int, text: str) -> Self:
        """The inverse of `packed`."""
        who, at, bad, said = json.loads(text)
        return cls(row, who, datetime.fromisoformat(at) if at else None, Verdict(*said) if said else None, bad)

    def as_text(self) -> str:
        """A line for a person."""
        when = to_text(self.at) if self.at else "-"
        who = f"{self.id}  " if self.id is not None else ""
        if self.verdict is None:
            return f"{self.row:>6}  {who}{when}     -         not scored: {self.bad}"
        one = self.verdict
        alert = "ALERT" if one.alert else "-"
        return f"{self.row:>6}  {who}{when}  {one.score:.3f}  {alert:<5}  {one.risk_level:<8}  {one.kind}: {one.reason}"


@dataclass
class Summary:
    """What the whole file came to."""

    rows: int = 0
    bad: int = 0
    alerts: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)

    def add(self, one: Scored) -> None:
        """Count a row."""
        self.rows += 1
        if one.verdict is None:
            self.bad += 1
            return
        self.kinds[one.verdict.kind] += 1
        if one.verdict.alert:
            self.alerts[one.verdict.kind] += 1

    def text(self, ids: int | None, seconds: float) -> str:
        """One or two lines."""
        series = "more ids than were counted" if ids is None else "1 id" if ids == 1 else f"{ids:,} ids"
        total = sum(self.alerts.values())
        causes = f" ({', '.join(f'{kind} {count:,}' for kind, count in self.alerts.most_common())})" if total else ""
        parts = [f"{self.rows:,} {'row' if self.rows == 1 else 'rows'} of {series} in {seconds:.1f} s",
                 f"{total:,} {'alert' if total == 1 else 'alerts'}{causes}"]  # fmt: skip
        if self.bad:
            parts.append(f"{self.bad:,} bad {'row' if self.bad == 1 else 'rows'} not scored")
        silent = self.kinds[TOO_LITTLE_DATA]
        if silent:
            parts.append(f"{silent:,} without a verdict for want of earlier data")
        if silent and not self.kinds[NORMAL] and not total and silent == self.rows - self.bad:
            parts.append("a verdict needs a longer series")
        return "; ".join(parts)


class Progress:
    """How far the work is, on standard error: often for a person who watches, every half minute in a log."""

    def __init__(self, rows: int | None = None) -> None:
        """`rows` in all, where known. A terminal that already shows the rows themselves is left alone."""
        self._rows = rows
        self._watched = sys.stderr.isatty()
        self._silent = self._watched and sys.stdout.isatty()
        self._started = self._said = time.monotonic()
        self._shown = False

    def at(self, done: int, what: str) -> None:
        """Call for every row; most calls do nothing."""
        if done % 256 or self._silent:
            return
        now = time.monotonic()
        if now - self._said < _EVERY_S[self._watched]:
            return
        self._said = now
        rate = done / (now - self._started)
        share = f" of {self._rows:,} ({done / self._rows:.0%})" if self._rows else ""
        line = f"{what}: {done:,}{share} rows, {rate:,.0f} a second"
        print(
            f"\r{line:<78}" if self._watched else line, end="" if self._watched else "\n", file=sys.stderr, flush=True
        )
        self._shown = self._watched

    def clear(self) -> None:
        """Take the line away before something else is said."""
        if self._shown:
            print(f"\r{'':<78}\r", end="", file=sys.stderr, flush=True)
            self._shown = False
