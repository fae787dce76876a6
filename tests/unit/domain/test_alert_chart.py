"""The chart of an alarm: what is on it, and that nothing gets out of it."""

import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterflow.alert_chart import (
    BOTTOM,
    CAUSE,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Box,
    Chart,
    ChartPoint,
    Dot,
    Path,
    Words,
    shapes,
    svg,
)
from meterflow.chart_axes import number, ticks
from meterflow.clock import to_text

START = datetime(2026, 8, 22, 8, tzinfo=UTC)
NAMESPACE = "{http://www.w3.org/2000/svg}"


def weeks(*rates: str, **more: Any) -> Chart:
    points = tuple(
        ChartPoint(
            since=to_text(START + timedelta(weeks=place)),
            at=to_text(START + timedelta(weeks=place + 1)),
            value=Decimal(rate),
            low=Decimal("0.2"),
            high=Decimal("0.5"),
        )
        for place, rate in enumerate(rates)
    )
    return Chart(**{"title": "WTR-0001", "unit": "m³ a day", "points": points, "cause": (len(points) - 1,)} | more)


def minutes(*values: str, band: bool = True) -> Chart:
    points = tuple(
        ChartPoint(
            at=to_text(START + timedelta(minutes=5 * place)),
            value=Decimal(value),
            low=Decimal("3.1") if band else None,
            high=Decimal("3.3") if band else None,
        )
        for place, value in enumerate(values)
    )
    return Chart(title="S001", unit="pressure, bar", points=points, cause=(len(points) - 1,))


def test_rates_are_boxes_and_the_cause_is_the_outlined_one() -> None:
    drawn = [
        one
        for one in shapes(weeks("0.3", "0.4", "5.7"))
        if isinstance(one, Box) and one.y >= TOP and one.y + one.height <= BOTTOM + 0.1
    ]
    assert len(drawn) == 3
    assert [one.fill == CAUSE for one in drawn] == [False, False, True]
    assert [bool(one.line) for one in drawn] == [False, False, True]
    assert drawn[2].height / drawn[1].height == pytest.approx(5.7 / 0.4)


def test_moments_are_a_line_that_falls_with_the_values() -> None:
    drawn = shapes(minutes("3.2", "3.2", "2.1"))
    [line] = [one for one in drawn if isinstance(one, Path) and one.width > 2]
    assert [x for x, _ in line.corners] == [LEFT, pytest.approx((LEFT + RIGHT) / 2), RIGHT]
    assert line.corners[0][1] < line.corners[2][1]
    [dot] = [one for one in drawn if isinstance(one, Dot)]
    assert (dot.x, dot.y) == line.corners[2]


def test_the_head_names_unit_band_and_the_causing_value() -> None:
    words = [one.text for one in shapes(weeks("0.3", "5.714")) if isinstance(one, Words)]
    assert {"WTR-0001: m³ a day", "expected", "5.71", "22 Aug", "5 Sep"} <= set(words)
    assert "expected" not in [one.text for one in shapes(minutes("1", "2", band=False)) if isinstance(one, Words)]


def test_a_screen_reader_gets_title_and_description() -> None:
    root = ET.fromstring(svg(weeks("0.3", "5.7", description="40 m3 in 7 days.")))
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "title desc"
    found = {one.get("id"): one.text for one in root if one.get("id")}
    assert found == {"title": "WTR-0001", "desc": "40 m3 in 7 days."}


EVIL = "</text><script>alert(1)</script><a href='javascript:x' onload=\"x\">&amp;\x00\x1b"


@pytest.mark.parametrize("field", ["title", "unit", "description"])
def test_nothing_gets_out_of_its_text(field: str) -> None:
    root = ET.fromstring(svg(weeks("0.3", "5.7", **{field: EVIL})))
    kinds = {one.tag.removeprefix(NAMESPACE) for one in root.iter()}
    assert kinds <= {"svg", "title", "desc", "rect", "polygon", "polyline", "circle", "text"}
    for one in root.iter():
        assert not [name for name in one.attrib if name.startswith("on") or "href" in name]


@given(
    st.lists(st.decimals(-1000, 10**9, places=4), min_size=1, max_size=60),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_everything_stays_on_the_paper(values: list[Decimal], band: bool) -> None:
    texts = [f"{value:f}" for value in values]
    for chart in (minutes(*texts, band=band), weeks(*texts)):
        for one in shapes(chart):
            corners = one.corners if isinstance(one, Path) else [(one.x, one.y)]
            for x, y in corners:
                assert -0.1 <= x <= WIDTH + 0.1
                assert -0.1 <= y <= HEIGHT + 0.1
        ET.fromstring(svg(chart))


@pytest.mark.parametrize("count", [0, 61])
def test_a_chart_has_some_points_and_not_too_many(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 60 points"):
        weeks(*["1"] * count)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("0.3", "5.7"), ("0", "2", "4", "6")),
        (("3.1", "3.3", "2.1"), ("2", "2.5", "3", "3.5")),
        (("-3", "10"), ("-5", "0", "5", "10")),
        (("0", "0"), ("0", "0.5", "1")),
        (("18.5",), ("0", "5", "10", "15", "20")),
    ],
)
def test_the_scale_is_of_round_values(values: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert tuple(number(one) for one in ticks([Decimal(value) for value in values])) == expected


@given(st.lists(st.decimals(-(10**9), 10**9, places=6), min_size=1, max_size=9))
def test_the_scale_holds_every_value_in_few_steps(values: list[Decimal]) -> None:
    scale = ticks(values)
    assert scale[0] <= min(values) <= max(values) <= scale[-1]
    assert 2 <= len(scale) <= 7
    assert len({later - earlier for earlier, later in pairwise(scale)}) == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("5.714", "5.71"),
        ("0.3531", "0.353"),
        ("1200", "1200"),
        ("0", "0"),
        ("-3.2", "-3.2"),
        ("171", "171"),
        ("0.0004", "0.0004"),
    ],
)
def test_numbers_have_three_figures(value: str, text: str) -> None:
    assert number(Decimal(value)) == text
