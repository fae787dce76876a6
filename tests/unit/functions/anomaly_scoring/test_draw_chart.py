"""DrawChart: both forms, drawn from the alarm's row, as often as one likes."""

import io
import os
from typing import Any

import boto3
import pytest
from PIL import Image

from meterflow.adapters import alerts

ALERT_ID = "ALERT-2026-11-21-341A8F576DED"
KEY = f"charts/{ALERT_ID}"


@pytest.fixture
def draw(load_handler: Any, event: Any, lambda_context: Any) -> Any:
    handler = load_handler("anomaly_scoring", "draw_chart").handler
    return lambda: handler(event("anomaly_scoring/draw_chart"), lambda_context)


@pytest.fixture
def raised(load_handler: Any, event: Any, lambda_context: Any, meter: Any, ears: Any) -> Any:  # noqa: ARG001
    """`raised()` raises the sample alarm."""
    handler = load_handler("anomaly_scoring", "raise_alarm").handler
    return lambda **changes: handler(event("anomaly_scoring/raise_alarm") | changes, lambda_context)


def stored(ending: str) -> tuple[str, bytes]:
    answer = boto3.client("s3").get_object(Bucket=os.environ["PHOTOS_BUCKET"], Key=KEY + ending)
    return answer["ContentType"], answer["Body"].read()


def test_both_forms_are_kept_and_linked(raised: Any, draw: Any) -> None:
    raised()
    assert draw() == {"outcome": "DRAWN", "chart_key": KEY}
    kind, svg = stored(".svg")
    assert kind == "image/svg+xml"
    assert b"<desc" in svg
    assert b"412.350 on 2026-11-14 to 452.350 on 2026-11-21" in svg
    kind, png = stored(".png")
    assert kind == "image/png"
    picture = Image.open(io.BytesIO(png))
    assert (picture.format, picture.size, picture.info) == ("PNG", (600, 240), {})
    # The cause is there in its colour, and the band in its own.
    colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 20) or []}
    assert {(180, 35, 24), (205, 231, 216)} <= colours
    assert len(png) < 60_000
    alert = alerts.get(ALERT_ID)
    assert alert is not None
    assert alert.chart_key == KEY


def test_drawing_again_draws_the_same(raised: Any, draw: Any) -> None:
    raised()
    assert draw() == draw()
    first = stored(".svg"), stored(".png")
    draw()
    assert (stored(".svg"), stored(".png")) == first


@pytest.mark.parametrize("after", [False, True])
def test_death_between_file_and_link_is_mended_by_the_retry(raised: Any, draw: Any, dies: Any, after: bool) -> None:
    raised()
    dies("s3", "put_object", after=after)
    with pytest.raises(KeyboardInterrupt):
        draw()
    assert alerts.get(ALERT_ID).chart_key is None  # type: ignore[union-attr]
    assert draw()["outcome"] == "DRAWN"
    assert stored(".png")[1].startswith(b"\x89PNG")


@pytest.mark.usefixtures("aws")
def test_an_alarm_that_was_not_kept_has_nothing_to_draw(draw: Any) -> None:
    assert draw() == {"outcome": "NOTHING_TO_DRAW", "chart_key": None}


def test_an_alarm_without_evidence_has_nothing_to_draw(raised: Any, draw: Any) -> None:
    raised(evidence=None)
    assert draw()["outcome"] == "NOTHING_TO_DRAW"
