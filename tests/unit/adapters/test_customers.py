"""Who a message is for."""

import boto3
import pytest

from meterflow.adapters import customers
from meterflow.errors import NotConfigured
from meterflow.preferences import Preferences, Recipient

pytestmark = pytest.mark.usefixtures("aws")


def put(table: str, **item: object) -> None:
    boto3.resource("dynamodb").Table(table).put_item(Item=item)


def test_a_customer_with_preferences() -> None:
    put("meterflow-CustomersTable", customer_id="c", name="Ada", email="a@b.example", preferences={"channel": "sms"})
    found = customers.find("c")
    assert (found.name, found.email, found.phone) == ("Ada", "a@b.example", "")
    assert found.preferences == Preferences(channel="sms")


def test_a_technician_is_looked_up_among_technicians() -> None:
    put("meterflow-TechniciansTable", technician_id="TECH-02", name="Bo", phone="+1")
    assert customers.find("technician:TECH-02") == Recipient(name="Bo", phone="+1")


def test_an_unknown_recipient_has_no_address() -> None:
    assert customers.find("nobody") == Recipient()


def test_operators_have_one_mailbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPERATORS_EMAIL", raising=False)
    with pytest.raises(NotConfigured):
        customers.find("operators")
    monkeypatch.setenv("OPERATORS_EMAIL", "ops@b.example")
    assert customers.find("operators") == Recipient(email="ops@b.example")
