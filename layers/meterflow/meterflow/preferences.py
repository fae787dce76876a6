"""How a person wants to be told: channel, language, time zone, quiet hours, and the topics they do not want.

`Preferences` refuses wrong values, so the API can name them; `stored_preferences` reads what is in the table and
drops what it cannot read, because a message must not be lost over one bad field.
"""

import re
from collections.abc import Mapping
from datetime import time
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

Channel = Literal["email", "sms"]

# The languages that every template is written in. The first is what a person gets whose language is not among them.
LANGUAGES = ("en", "es")

_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


class QuietHours(BaseModel):
    """The local times of day between which a message waits; `start` after `end` spans midnight."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    start: time
    end: time


class Preferences(BaseModel):
    """What one person chose. The defaults are what somebody gets who never chose.

    `channels` overrides `channel` for single topics. `topics_off` names the topics that are not sent at all.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    channel: Channel = "email"
    channels: Mapping[str, Channel] = Field(default_factory=dict)
    language: str = LANGUAGES[0]
    timezone: str = "UTC"
    quiet_hours: QuietHours | None = None
    topics_off: frozenset[str] = frozenset()

    @field_validator("language")
    @classmethod
    def _language_tag(cls, value: str) -> str:
        if not _LANGUAGE_TAG.fullmatch(value):
            raise ValueError("not a language tag such as en or es-MX")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("not a time zone such as Europe/Madrid") from None
        return value


class Recipient(BaseModel):
    """Whoever a message is for. Personal data: read when needed, never logged, never in a machine's state."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str = ""
    email: str = ""
    phone: str = ""
    preferences: Preferences = Preferences()

    def address(self, channel: Channel) -> str:
        """Where `channel` reaches this person, or an empty string."""
        return self.email if channel == "email" else self.phone


def stored_preferences(stored: Mapping[str, Any] | None) -> Preferences:
    """The preferences in a table's row, each unreadable field replaced by its default."""
    values = dict(stored or {})
    try:
        return Preferences.model_validate(values)
    except ValidationError as error:
        wrong = {item["loc"][0] for item in error.errors() if item["loc"]}
        return Preferences.model_validate({key: value for key, value in values.items() if key not in wrong})


def is_suppressed(preferences: Preferences, topic: str) -> bool:
    """Whether the person turned `topic` off."""
    return topic in preferences.topics_off


def channel_for(recipient: Recipient, topic: str) -> Channel:
    """The channel on which `topic` goes to `recipient`: the chosen one, else the one that has an address.

    With no address at all the chosen channel comes back; the send step then records why nothing went out.
    """
    chosen = recipient.preferences.channels.get(topic, recipient.preferences.channel)
    other: Channel = "sms" if chosen == "email" else "email"
    return other if not recipient.address(chosen) and recipient.address(other) else chosen


def locale_for(preferences: Preferences) -> str:
    """The language that templates exist in and that comes nearest: `es` for `es-MX`, the first for an unknown one."""
    language = preferences.language.split("-")[0].lower()
    return language if language in LANGUAGES else LANGUAGES[0]
