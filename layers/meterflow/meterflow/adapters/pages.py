"""The pages that the generators publish, rendered with Jinja2, which escapes every value.

Only functions whose requirements carry Jinja2 may import this module.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from meterflow import manifest
from meterflow.fleet import UNPLACED, MeterState, Status
from meterflow.manifest import Manifest, Summary

# How many meters a page lists one by one; the figures count them all.
LISTED = 200

LABELS = {
    Status.CRITICAL: "Critical risk",
    Status.HIGH: "High risk",
    Status.OPEN_JOB: "Job open",
    Status.NEEDS_REVIEW: "Needs review",
    Status.OVERDUE: "Overdue",
    Status.NO_READING: "No reading yet",
    Status.OK: "In order",
}
# Shown on markers and beside names, so that colour is never the only sign.
SIGNS = {
    Status.CRITICAL: "!!",
    Status.HIGH: "!",
    Status.OPEN_JOB: "J",
    Status.NEEDS_REVIEW: "?",
    Status.OVERDUE: "…",
    Status.NO_READING: "–",
    Status.OK: "✓",
}
Listed = Sequence[tuple[Status, MeterState]]

_environment = Environment(
    loader=PackageLoader("meterflow.adapters", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def map_page(current: Manifest, version: int, listed: Listed, today: date, canvas: str) -> str:
    """The map's page. `canvas` is the element that Folium's script draws into, HTML made by Folium from no data."""
    kinds = sorted({group.kind for entry in current.shards.values() for group in entry.groups})
    unplaced = current.shards.get(UNPLACED)
    return _environment.get_template("map.html.j2").render(
        **_common(current, version, listed, today),
        kinds=kinds,
        unplaced=Summary.of(unplaced.groups, today).meters if unplaced else 0,
        canvas=Markup(canvas),
    )


def dashboard_page(current: Manifest, version: int, listed: Listed, today: date) -> str:
    """The dashboard's page."""
    return _environment.get_template("dashboard.html.j2").render(
        **_common(current, version, listed, today),
        rows=manifest.summarise_by_kind_and_zone(current, today),
        indicator=_indicator(manifest.summarise(current, today)),
    )


def _common(current: Manifest, version: int, listed: Listed, today: date) -> dict[str, Any]:
    return {
        "version": version,
        "updated_at": current.updated_at,
        "summary": manifest.summarise(current, today),
        "listed": listed,
        "labels": LABELS,
        "signs": SIGNS,
        "Status": Status,
    }


def _indicator(summary: Summary) -> tuple[Status, str]:
    """The colour and the words of the dashboard's headline: the most urgent thing that is true of any meter."""
    for status in (Status.CRITICAL, Status.HIGH):
        if count := summary.by_status[status]:
            return status, f"{count} {'meter' if count == 1 else 'meters'} at {LABELS[status].lower()}"
    if summary.attention:
        return (
            Status.NEEDS_REVIEW,
            f"{summary.attention} {'meter needs' if summary.attention == 1 else 'meters need'} attention",
        )
    return Status.OK, "All meters are in order" if summary.meters else "No meters yet"
