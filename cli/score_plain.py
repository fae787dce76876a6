"""A plain series of consumption, `timestamp,value`, of water: judged as a series of any kind, and for leaks.

The flow's part tells a departure from the series' own habit only, so a series that is no water is left to the other:
on the 18 series of NAB it adds two alarms, one of them false.
"""

from datetime import datetime, timedelta

from meterflow.risk import calculate_risk_level
from meterflow.scoring.flow import FlowScorer
from meterflow.scoring.series import SeriesScorer
from meterflow.scoring.verdict import Verdict

# What the first row's interval is taken for; every later one begins where the one before ended.
_FIRST = timedelta(hours=1)


class WaterSeriesScorer:
    """Both parts over one series; the one that is surer speaks, and a person is told when either would."""

    def __init__(self) -> None:
        self._series = SeriesScorer()
        # None once the series has been below zero: then it is no consumption.
        self._flow: FlowScorer | None = FlowScorer()
        self._before: datetime | None = None

    def observe(self, row: tuple[datetime, float]) -> Verdict:
        """The verdict on a row by it and what came before."""
        at, value = row
        said = self._series.observe(row)
        start, self._before = self._before or at - _FIRST, at
        if value < 0:
            self._flow = None
        if self._flow is None or start >= at:
            return said
        flow = self._flow.observe(start, at, value)
        if flow is None:
            return said
        probabilities = {"leak": flow.leak, "burst": flow.burst}
        # "Never at zero" is news of a home's water meter; a plain series may be anything.
        if flow.starts and flow.kind != "never_zero":
            level = calculate_risk_level(flow.leak, flow.burst, "STANDARD")
            return Verdict(max(flow.leak, flow.burst, said.score), probabilities, level, True, flow.kind, flow.sentence)
        # What goes on after the alarm says nothing new, as in the series' own score.
        return Verdict(said.score, probabilities, said.risk_level, said.alert, said.kind, said.reason)
