"""Retry or reuse, and what a camera's clock says."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterflow import fingerprint, photo_reuse
from meterflow.fingerprint import CROPS, Fingerprint
from meterflow.photo_reuse import LOOKED_AT, Use, is_old, is_retry, near, reused_from, show_different_figures

AT = "2026-11-20T08:00:00Z"


def use(submission_id: str = "s-1", meter_id: str = "m-1", value: str = "00100.000", **more: str) -> Use:
    return Use.model_validate(
        {"submission_id": submission_id, "meter_id": meter_id, "value": value, "taken_at": AT, "photo_id": "p"} | more
    )


@pytest.mark.parametrize(
    ("mine", "retry"),
    [
        (use("s-1", "m-2", "5"), True),  # the very submission, whatever it says
        (use("s-2"), True),
        (use("s-2", value="100"), True),
        (use("s-2", taken_at="2026-11-21T07:59:00Z"), True),
        (use("s-2", taken_at="2026-11-21T08:00:01Z"), False),
        (use("s-2", taken_at="2026-10-20T08:00:00Z"), False),
        (use("s-2", value="00100.001"), False),
        (use("s-2", "m-2"), False),
    ],
)
def test_the_same_reading_is_a_retry(mine: Use, retry: bool) -> None:
    assert is_retry(mine, use()) is retry
    assert is_retry(use(), mine) is retry


def test_two_photos_that_show_two_numbers_are_two_photos() -> None:
    assert show_different_figures(use(reading="00100.000"), use(reading="00101"))
    assert not show_different_figures(use(reading="00100.0"), use(reading="100"))
    assert not show_different_figures(use(), use(reading="00101"))


def mark(content: str, *hashes: int, greys: bytes = bytes(range(256)) * 4) -> Fingerprint:
    return Fingerprint(content, hashes, greys)


def test_only_near_hashes_are_looked_at_and_the_nearest_first() -> None:
    others = [
        (use("far"), mark("a", 0xFFFF)),
        (use("near"), mark("b", 0xFFFFFFFF, 0b111)),
        (use("nearest"), mark("c", 0b1)),
        (use("itself"), mark("me", 0)),
        (use("flat"), mark("d")),
    ]
    assert [one.submission_id for one, _ in near(mark("me", 0), others)] == ["nearest", "near"]
    assert near(mark("me"), others) == []
    assert len(near(mark("me", 0), [(use(str(n)), mark(str(n), 0)) for n in range(9)])) == LOOKED_AT


def test_the_same_exposure_for_another_reading_is_reused() -> None:
    mine, seen = use("s-2", "m-2"), mark("me", 0)
    found = reused_from(mine, seen, [(use(), mark("a", 1))])
    assert found is not None
    assert (found[0].submission_id, found[1]) == ("s-1", pytest.approx(1.0))


@pytest.mark.parametrize(
    ("mine", "earlier"),
    [
        (use("s-2"), use()),
        (use("s-2", "m-2", reading="00200.000"), use(reading="00100.000")),
    ],
    ids=["a retry", "other figures"],
)
def test_a_retry_or_other_figures_are_no_reuse(mine: Use, earlier: Use) -> None:
    assert reused_from(mine, mark("me", 0), [(earlier, mark("a", 0))]) is None


def test_a_similar_scene_is_no_reuse(monkeypatch: pytest.MonkeyPatch) -> None:
    """A camera on a bracket: near hashes, greys alike to 0.989."""
    monkeypatch.setattr(photo_reuse, "likeness", lambda _one, _other: 0.989)
    assert reused_from(use("s-2", "m-2"), mark("me", 0), [(use(), mark("a", 0))]) is None
    assert photo_reuse.SAME_EXPOSURE == fingerprint.SAME_EXPOSURE > 0.989
    assert len(CROPS) == 7


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("photographed", "old"),
    [
        (None, False),
        ("", False),
        ("yesterday", False),
        ("2026-11-20T07:00:00+00:00", False),
        ("2026-11-19T08:00:00+00:00", False),
        ("2026-11-19T07:59:59+00:00", True),
        ("2026-11-19T09:59:00+02:00", True),
        # Without a zone it may be anywhere on Earth.
        ("2026-11-18T18:00:00", False),
        ("2026-11-18T17:59:59", True),
        ("2027-01-01T00:00:00Z", False),
    ],
)
def test_old_photos(photographed: str | None, old: bool) -> None:
    assert is_old(photographed, AT, DAY) is old


@given(st.text(max_size=30))
def test_what_a_camera_wrote_never_breaks_anything(text: str) -> None:
    assert is_old(text, AT, DAY) in (True, False)
