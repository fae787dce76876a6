"""What plain rules make of a leak sensor's features: the fallback without a model, and the other half with one.

Evidence is in the sensor's own scatters: how far flow stands above, and pressure below, what this hour usually has.
Where both are measured they must not contradict each other: a leak raises flow or lowers pressure, and never does the
opposite to the other. The logistic curves are set by hand; nothing was fitted to labelled data.
"""

import math
from collections.abc import Mapping

from meterflow.scoring.members import sigmoid

_STEEP = 1.5
_LEAK_AT, _BURST_AT = 3.4, 4.5
"""Scatters at which a leak, a burst is as likely as not."""
_AGREED = 0.75
"""What one row counts in which flow is up and pressure down at once, by the lesser of the two: no spike does that."""
_BURST_SHARE_FLOW, _BURST_SHARE_PRESSURE = 0.15, 0.04
"""A burst moves at least this share of the mean."""
_PLAIN, _PLAIN_SHARE = 8.0, 0.15


def unsquash(value: float | None) -> float:
    """The inverse of `leak_features.squash`; 0 for an absent feature."""
    return 0.0 if value is None else math.copysign(math.expm1(abs(value)), value)


def leak_and_burst(features: Mapping[str, float | None]) -> tuple[float, float]:
    """The probabilities of a leak and of a burst by rules alone."""
    seen = {name: unsquash(features[name]) for name in _READ}
    lasting_flow = max(seen["flow_quarter"], seen["flow_day"], 0.8 * seen["flow_night"], seen["flow_days"])
    lasting_pressure = -min(seen["pressure_quarter"], seen["pressure_day"], seen["pressure_days"])
    alone = (features["coupling"] or 0.0) < -0.4 and max(seen["flow_quarter"], seen["flow_day"]) < 1.0
    contrary = alone or min(seen["flow_quarter"], seen["flow_hour"]) < -1.5
    leak = _joined(lasting_flow, lasting_pressure, contrary=contrary)
    sudden_flow = min(seen["flow_hour"], max(seen["flow_step"], seen["flow_quarter"]))
    sudden_pressure = -max(seen["pressure_hour"], min(seen["pressure_step"], seen["pressure_quarter"]))
    burst = _joined(sudden_flow, sudden_pressure, contrary=contrary)
    burst = max(burst, _AGREED * seen["opposed_now"])
    burst_probability = sigmoid(_STEEP * (burst - _BURST_AT)) * burst_size(features)
    return max(sigmoid(_STEEP * (leak - _LEAK_AT)), burst_probability), burst_probability


def burst_size(features: Mapping[str, float | None]) -> float:
    """1 where what moved has the size of a burst, less (to 0) where it is smaller, however odd it is."""
    flow = max(unsquash(features["flow_share_now"]), unsquash(features["flow_share_quarter"])) / 10.0
    pressure = -min(unsquash(features["pressure_share_now"]), unsquash(features["pressure_share_quarter"])) / 10.0
    return min(1.0, max(0.0, flow / _BURST_SHARE_FLOW, pressure / _BURST_SHARE_PRESSURE)) ** 2


def plain(features: Mapping[str, float | None]) -> bool:
    """Whether one row is enough: both instruments far off as in a burst, and a good part of the pressure gone."""
    lost = -unsquash(features["pressure_share_now"]) / 10.0
    return unsquash(features["opposed_now"]) >= _PLAIN and lost >= _PLAIN_SHARE


_READ = (
    "flow_hour",
    "flow_quarter",
    "flow_day",
    "flow_days",
    "flow_night",
    "flow_step",
    "flow_share_now",
    "pressure_hour",
    "pressure_quarter",
    "pressure_day",
    "pressure_days",
    "pressure_step",
    "pressure_share_now",
    "opposed_now",
)


def _joined(flow: float, pressure: float, *, contrary: bool) -> float:
    """Evidence of both in one number; pressure counts little where flow should have answered and did not."""
    up, down = max(0.0, flow), max(0.0, pressure)
    if contrary:
        down *= 0.4
    return math.hypot(up, down)
