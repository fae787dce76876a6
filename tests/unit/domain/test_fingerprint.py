"""Fingerprints of drawn pictures: near for one picture in any form, far for two."""

import hashlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterflow.fingerprint import (
    BANDS,
    BITS,
    CROPS,
    NEAR_BITS,
    SAME_EXPOSURE,
    SIDE,
    bands,
    distance,
    fingerprint,
    is_flat,
    likeness,
    perceptual_hash,
)


def scene(seed: int, crop: tuple[float, float, float, float] = CROPS[0], gain: float = 1.0, lift: float = 0.0) -> bytes:
    """A soft picture made of a few waves and spots, seen through a crop."""
    chance = random.Random(seed)
    spots = [(chance.random(), chance.random(), chance.uniform(0.02, 0.12), chance.uniform(-1, 1)) for _ in range(14)]
    left, top, right, bottom = crop
    greys = []
    for row in range(SIDE):
        for column in range(SIDE):
            x = left + (column + 0.5) / SIDE * (1 - left - right)
            y = top + (row + 0.5) / SIDE * (1 - top - bottom)
            level = sum(power / (1 + ((x - a) ** 2 + (y - b) ** 2) / size**2) for a, b, size, power in spots)
            greys.append(max(0, min(255, round(120 + 60 * level * gain + lift))))
    return bytes(greys)


def test_the_hash_is_of_the_picture_and_of_its_crops() -> None:
    mark = fingerprint(b"file", [scene(1, crop) for crop in CROPS])
    assert mark.content == hashlib.sha256(b"file").hexdigest()
    assert len(mark.hashes) == len(CROPS)
    assert mark.greys == scene(1)
    assert all(0 <= one < 2**BITS for one in mark.hashes)
    # As many bits are set as not: the median divides them.
    assert mark.hashes[0].bit_count() == BITS // 2


def test_a_flat_picture_has_no_hash() -> None:
    assert is_flat(bytes([200] * SIDE * SIDE))
    assert fingerprint(b"x", [bytes([200] * SIDE * SIDE)] * len(CROPS)).hashes == ()


def test_other_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="32 x 32"):
        perceptual_hash(b"\x00" * 100)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "crop", [(0.0, 0.0, 0.0, 0.0), (0.02, 0.02, 0.02, 0.02), (0.04, 0.0, 0.0, 0.0), (0.0, 0.0, 0.03, 0.05)]
)
def test_a_crop_is_near_and_alike(seed: int, crop: tuple[float, float, float, float]) -> None:
    whole = fingerprint(b"a", [scene(seed, one) for one in CROPS])
    cropped = fingerprint(b"b", [scene(seed, crop)] * len(CROPS))
    assert min(distance(one, cropped.hashes[0]) for one in whole.hashes) <= NEAR_BITS
    assert likeness(whole.greys, cropped.greys) >= SAME_EXPOSURE


@pytest.mark.parametrize("seed", range(3))
def test_brightness_and_contrast_do_not_matter(seed: int) -> None:
    assert likeness(scene(seed), scene(seed, gain=0.8, lift=10)) > SAME_EXPOSURE


# Laying two pictures over each other takes a tenth of a second.
@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.integers(10_001, 20_000))
def test_two_scenes_are_not_alike(one: int, other: int) -> None:
    assert likeness(scene(one), scene(other)) < SAME_EXPOSURE


@settings(max_examples=8, deadline=None)
@given(st.binary(min_size=SIDE * SIDE, max_size=SIDE * SIDE))
def test_likeness_is_symmetric_and_one_for_itself(greys: bytes) -> None:
    other = scene(3)
    assert likeness(greys, other) == likeness(other, greys)
    if not is_flat(greys):
        assert likeness(greys, greys) == pytest.approx(1.0)


@given(st.integers(0, 2**BITS - 1), st.sets(st.integers(0, BITS - 1), max_size=BANDS - 1))
def test_hashes_that_differ_in_fewer_bits_than_bands_share_one(number: int, flipped: set[int]) -> None:
    """The pigeonhole that makes a search by bands find every hash at a distance of three."""
    other = number
    for bit in flipped:
        other ^= 1 << bit
    assert distance(number, other) == len(flipped)
    assert set(bands(number)) & set(bands(other))


def test_bands_say_which_band_they_are() -> None:
    assert bands(0x0003_0002_0001_0000) == ("0-0000", "1-0001", "2-0002", "3-0003")
