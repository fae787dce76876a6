"""Preferences: strict for the API, forgiving for what is stored, and the choices that follow from them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from meterflow.preferences import (
    Preferences,
    Recipient,
    channel_for,
    is_suppressed,
    locale_for,
    stored_preferences,
)


def test_the_architectures_shape_is_read() -> None:
    stored = {
        "channel": "sms",
        "language": "es-MX",
        "quiet_hours": {"start": "22:00", "end": "07:00"},
        "timezone": "America/Mexico_City",
        "topics_off": ["job_changed"],
    }
    found = Preferences.model_validate(stored)
    assert found.channel == "sms"
    assert found.quiet_hours is not None
    assert found.quiet_hours.start.hour == 22
    assert is_suppressed(found, "job_changed")
    assert not is_suppressed(found, "reading_settled")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("channel", "pigeon"),
        ("language", "<script>"),
        ("timezone", "Mars/Olympus"),
        ("timezone", "../../etc/passwd"),
        ("timezone", ""),
        ("quiet_hours", {"start": "25:00", "end": "07:00"}),
        ("topics_off", 3),
    ],
)
def test_wrong_values_are_refused_by_the_model_and_dropped_from_what_is_stored(field: str, value: object) -> None:
    with pytest.raises(ValidationError):
        Preferences.model_validate({field: value})
    other = {"channel": "sms"} if field != "channel" else {"language": "es"}
    kept = stored_preferences({field: value, **other})
    assert kept.model_dump()[field] == Preferences().model_dump()[field]
    assert kept == Preferences.model_validate(other)


@given(
    st.dictionaries(
        st.sampled_from(["channel", "channels", "language", "timezone", "quiet_hours", "topics_off", "x"]),
        st.one_of(st.none(), st.text(), st.integers(), st.lists(st.text()), st.dictionaries(st.text(), st.text())),
    )
)
def test_nothing_that_is_stored_breaks_a_message(stored: dict[str, object]) -> None:
    assert isinstance(stored_preferences(stored), Preferences)


def test_nothing_stored_means_the_defaults() -> None:
    assert stored_preferences(None) == Preferences()


@pytest.mark.parametrize(
    ("email", "phone", "channel", "expected"),
    [
        ("a@b.example", "+1", "email", "email"),
        ("a@b.example", "+1", "sms", "sms"),
        ("a@b.example", "", "sms", "email"),
        ("", "+1", "email", "sms"),
        ("", "", "sms", "sms"),
    ],
)
def test_the_channel_is_the_chosen_one_unless_only_the_other_has_an_address(
    email: str, phone: str, channel: str, expected: str
) -> None:
    person = Recipient(email=email, phone=phone, preferences=Preferences.model_validate({"channel": channel}))
    assert channel_for(person, "reading_settled") == expected


def test_a_topic_may_have_a_channel_of_its_own() -> None:
    wish = Preferences(channel="email", channels={"job_changed": "sms"})
    person = Recipient(email="a@b.example", phone="+1", preferences=wish)
    assert channel_for(person, "job_changed") == "sms"
    assert channel_for(person, "reading_settled") == "email"


@pytest.mark.parametrize(
    ("language", "locale"), [("es", "es"), ("es-MX", "es"), ("ES", "es"), ("fr", "en"), ("en", "en")]
)
def test_the_nearest_language_is_taken(language: str, locale: str) -> None:
    assert locale_for(Preferences(language=language)) == locale
