import pytest

from tests.unit.dispatch import Dispatch, at_work


@pytest.fixture
def dispatch(request: pytest.FixtureRequest) -> Dispatch:
    """The utility of tests/unit/dispatch.py, at work."""
    return at_work(request)
