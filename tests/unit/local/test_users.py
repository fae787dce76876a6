"""The three people: made once, with passwords that last, groups, and the ids that the city's data name."""

from typing import Any

import boto3
import pytest
from moto import mock_aws

from local import deploy, users


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A user pool in moto whose new users get the ids that the emulator's shim gives."""
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(key, "testing")
    with mock_aws():
        cognito = boto3.client("cognito-idp", region_name="eu-central-1")
        pool_id = cognito.create_user_pool(PoolName="p")["UserPool"]["Id"]
        for group in ("technician", "operator"):
            cognito.create_group(GroupName=group, UserPoolId=pool_id)
        ids = {person["email"]: person["sub"] for person in users.PEOPLE.values()}
        asked = cognito.admin_get_user

        def get_user(UserPoolId: str, Username: str) -> Any:  # noqa: N803 - the names are AWS's
            found = asked(UserPoolId=UserPoolId, Username=Username)
            others = [item for item in found["UserAttributes"] if item["Name"] != "sub"]
            return found | {"UserAttributes": [*others, {"Name": "sub", "Value": ids[Username]}]}

        cognito.admin_get_user = get_user
        monkeypatch.setattr(deploy, "client", lambda _service: cognito)
        yield cognito, pool_id, ids


def test_everybody_is_there_with_what_the_contract_names(pool: Any) -> None:
    cognito, pool_id, _ids = pool
    people = users.ensure(pool_id, {})
    assert set(people) == {"customer", "technician", "operator"}
    assert all(set(person) == {"username", "password", "email", "phone"} for person in people.values())
    groups = {
        role: [
            group["GroupName"]
            for group in cognito.admin_list_groups_for_user(UserPoolId=pool_id, Username=person["username"])["Groups"]
        ]
        for role, person in people.items()
    }
    assert groups == {"customer": [], "technician": ["technician"], "operator": ["operator"]}


def test_a_second_run_keeps_the_passwords(pool: Any) -> None:
    _cognito, pool_id, _ids = pool
    first = users.ensure(pool_id, {})
    assert users.ensure(pool_id, first) == first
    assert len({person["password"] for person in first.values()}) == 3


def test_somebody_with_another_id_stops_everything(pool: Any) -> None:
    _cognito, pool_id, ids = pool
    ids[users.PEOPLE["operator"]["email"]] = "another"
    with pytest.raises(users.WrongIdentity, match=r"olga.operator@example.com is another, and the seeded data say"):
        users.ensure(pool_id, {})


def test_passwords_please_the_pool() -> None:
    made = {users.new_password() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        assert len(password) >= 12
        assert all(any(test(c) for c in password) for test in (str.islower, str.isupper, str.isdigit))
        assert not password.isalnum()
