"""The rules for photo files, without a pixel."""

import pytest

from meterflow import photo
from meterflow.photo import Fault


@pytest.mark.parametrize("name", ["a.jpg", "a.JPG", "a.jpeg", "a.Jpeg", "a.png", "a.PNG", "user-1/4f.jpg"])
def test_upload_keys_in_any_case(name: str) -> None:
    assert photo.is_upload_key(f"uploads/{name}")


@pytest.mark.parametrize(
    "key",
    [
        "",
        "a.jpg",
        "photos/a.jpg",
        "uploads/a.gif",
        "uploads/a",
        "uploads/.jpg.exe",
        "uploads/../photos/a.jpg",
        "uploads/a.jpg/",
        "uploads/a.jpg\n",
        "uploads/a b.jpg",
        "/uploads/a.jpg",
        "uploads/" + "a" * 600 + ".jpg",
    ],
)
def test_other_keys_are_no_uploads(key: str) -> None:
    assert not photo.is_upload_key(key)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF89a", None),
        (b"<svg xmlns", None),
        (b"RIFF....WEBP", None),
        (b"\x89PNG", None),
        (b"", None),
    ],
)
def test_the_first_bytes_tell_the_type(head: bytes, kind: str | None) -> None:
    assert photo.content_type_of(head) == kind


@pytest.mark.parametrize(
    ("width", "height", "fault"),
    [
        (79, 500, Fault.TOO_SMALL),
        (500, 79, Fault.TOO_SMALL),
        (80, 80, None),
        (5000, 5000, None),
        (5001, 5000, Fault.TOO_LARGE),
    ],
)
def test_size(width: int, height: int, fault: Fault | None) -> None:
    assert photo.fault_of_size(width, height) == fault


def test_every_fault_has_a_hint() -> None:
    assert set(photo.HINTS) == set(Fault)
    assert {fault.value for fault in Fault} < set(photo.PHOTO_HINTS)


def test_hints_are_told_once_and_only_for_what_a_person_can_better() -> None:
    found = photo.hints(["photo_unreadable", "blurred", "blurred", "photo_reused", "digits_differ"])
    assert [one["reason"] for one in found] == ["blurred", "photo_reused"]
    assert found[0]["hint"] == photo.HINTS[Fault.BLURRED]


def test_the_kept_copy_has_a_name_of_its_own_for_each_version() -> None:
    key = "uploads/3c1f/secret.jpg"
    first, second = photo.kept_key(key, "v1", "image/jpeg"), photo.kept_key(key, "v2", "image/jpeg")
    assert first != second
    assert first == photo.kept_key(key, "v1", "image/jpeg")
    assert first.startswith("photos/")
    assert first.endswith(".jpg")
    assert "3c1f" not in first
    assert photo.kept_key(key, "v1", "image/png").endswith(".png")
