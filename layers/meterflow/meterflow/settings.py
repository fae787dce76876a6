"""The environment of the functions, read in one place and only when a value is needed."""

import os

from meterflow.errors import NotConfigured


def setting(name: str) -> str:
    """The environment's value of `name`. Raises NotConfigured, naming it, where it is absent or empty."""
    value = os.environ.get(name, "")
    if not value:
        raise NotConfigured(f"the environment has no {name}")
    return value


def optional_setting(name: str) -> str | None:
    """The environment's value of `name`, or None where it is absent, empty or "none" (a parameter left alone)."""
    value = os.environ.get(name, "")
    return None if value in ("", "none") else value
