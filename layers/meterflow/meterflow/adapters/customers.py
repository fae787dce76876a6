"""Who a message is for: customers, technicians and the utility's operators.

The address is read when it is needed and kept nowhere else, so a change or an erasure counts at once.
"""

from meterflow import settings
from meterflow.adapters.aws import aws_calls, table
from meterflow.preferences import Recipient, stored_preferences

OPERATORS = "operators"
TECHNICIAN_PREFIX = "technician:"


def find(recipient: str) -> Recipient:
    """The person behind `recipient`: a customer_id, `technician:<id>` or `operators`.

    An unknown one comes back without an address: the send step then records why nothing went out. Raises
    TransientError on an outage, NotConfigured where there is no OPERATORS_EMAIL.
    """
    if recipient == OPERATORS:
        return Recipient(email=settings.setting("OPERATORS_EMAIL"))
    if recipient.startswith(TECHNICIAN_PREFIX):
        return _person("TECHNICIANS_TABLE", {"technician_id": recipient.removeprefix(TECHNICIAN_PREFIX)})
    return _person("CUSTOMERS_TABLE", {"customer_id": recipient})


def _person(table_setting: str, key: dict[str, str]) -> Recipient:
    with aws_calls():
        row = table(settings.setting(table_setting)).get_item(Key=key).get("Item") or {}
    contact = {field: str(row[field]) for field in ("name", "email", "phone") if row.get(field)}
    return Recipient(**contact, preferences=stored_preferences(row.get("preferences")))
