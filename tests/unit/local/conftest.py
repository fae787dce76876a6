"""A home of the test's own: nothing here touches the clone's `.local/`."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's cloud would keep its state; METERFLOW_PORT is not set."""
    monkeypatch.setenv("METERFLOW_HOME", str(tmp_path))
    monkeypatch.delenv("METERFLOW_PORT", raising=False)
    return tmp_path
