import pytest

from meterflow import settings
from meterflow.adapters import technicians
from meterflow.adapters.aws import table
from tests.unit.dispatch import FAR, GAS_FITTER, NEAR, NEXT, Dispatch, at_work


@pytest.fixture
def dispatch(request: pytest.FixtureRequest) -> Dispatch:
    return at_work(request)


@pytest.mark.usefixtures("dispatch")
def test_everyone_without_what_is_personal() -> None:
    everyone = technicians.everyone()
    assert {one.technician_id for one in everyone} == {NEAR, NEXT, FAR, GAS_FITTER}
    assert not any(word in repr(everyone) for word in ("Canary", "canary", "+49"))


def test_more_than_one_page(dispatch: Dispatch) -> None:
    for number in range(60):
        dispatch.add_technician(f"T{number:03}", 48.0, {"water"}, notes="x" * 30_000)
    assert len(technicians.everyone()) == 64


@pytest.mark.usefixtures("dispatch")
def test_one_broken_row_does_not_stop_all(caplog: pytest.LogCaptureFixture) -> None:
    table(settings.setting("TECHNICIANS_TABLE")).put_item(
        Item={"technician_id": "broken", "name": "Toni Canary", "skills": ["water"]}
    )
    assert len(technicians.everyone()) == 4
    (record,) = [one for one in caplog.records if one.levelname == "WARNING"]
    assert record.__dict__["technician_id"] == "broken"
    assert "Canary" not in str(record.__dict__)
