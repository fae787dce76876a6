"""The three people who can log in on the laptop cloud: a customer, a technician, an operator."""

import contextlib
import secrets
import string
from typing import Any

from local import deploy

# No group means customer. The ids are those that the seeded city and the sample events use.
PEOPLE: dict[str, dict[str, str]] = {
    "customer": {
        "sub": "00000000-0000-4000-8000-000000000001",
        "email": "ana.customer@example.com",
        "phone": "+34600000001",
        "group": "",
    },
    "technician": {
        "sub": "00000000-0000-4000-8000-000000000002",
        "email": "teo.technician@example.com",
        "phone": "+34600000002",
        "group": "technician",
    },
    "operator": {
        "sub": "00000000-0000-4000-8000-000000000003",
        "email": "olga.operator@example.com",
        "phone": "+34600000003",
        "group": "operator",
    },
}


class WrongIdentity(RuntimeError):
    """The pool gave a person another id than the seeded data name: the emulator's shim has stopped working."""


def new_password() -> str:
    """A random password that the pool's policy takes."""
    alphabet = string.ascii_letters + string.digits
    return "".join(secrets.choice(alphabet) for _ in range(20)) + "aA1!"


def ensure(pool_id: str, known: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Create whoever is missing in the pool and return each one's `username, password, email, phone`.

    `known` is what an earlier run returned: passwords are kept, because they cannot be read back.
    """
    cognito = deploy.client("cognito-idp")
    people: dict[str, dict[str, str]] = {}
    for role, person in PEOPLE.items():
        password = known.get(role, {}).get("password") or new_password()
        _create(cognito, pool_id, person)
        cognito.admin_set_user_password(UserPoolId=pool_id, Username=person["email"], Password=password, Permanent=True)
        if person["group"]:
            cognito.admin_add_user_to_group(UserPoolId=pool_id, Username=person["email"], GroupName=person["group"])
        people[role] = {
            "username": person["email"],
            "password": password,
            "email": person["email"],
            "phone": person["phone"],
        }
    return people


def _create(cognito: Any, pool_id: str, person: dict[str, str]) -> None:
    attributes = [
        {"Name": "email", "Value": person["email"]},
        {"Name": "email_verified", "Value": "true"},
        {"Name": "phone_number", "Value": person["phone"]},
        {"Name": "phone_number_verified", "Value": "true"},
    ]
    with contextlib.suppress(cognito.exceptions.UsernameExistsException):
        cognito.admin_create_user(
            UserPoolId=pool_id, Username=person["email"], UserAttributes=attributes, MessageAction="SUPPRESS"
        )
    user = cognito.admin_get_user(UserPoolId=pool_id, Username=person["email"])
    sub = next(item["Value"] for item in user["UserAttributes"] if item["Name"] == "sub")
    if sub != person["sub"]:
        raise WrongIdentity(f"{person['email']} is {sub}, and the seeded data say {person['sub']}")
