"""The demonstration's three people keep the same id in every clone, so that sample events can name them.

Cognito chooses a user's `sub` itself and refuses one that is given, and so does the emulator. The ids that `events/`
and the seeded city use are therefore handed to it here, and only for those three addresses.
"""

import threading
from typing import Any

from ministack.services import cognito

from local.users import PEOPLE

_lock = threading.Lock()


def install() -> None:
    """Wrap AdminCreateUser. Raises AttributeError where the emulator has changed."""
    original_create, original_uuid = cognito._admin_create_user, cognito.new_uuid
    known = {person["email"]: person["sub"] for person in PEOPLE.values()}

    def create(data: dict[str, Any]) -> Any:
        sub = known.get(data.get("Username", ""))
        if sub is None:
            return original_create(data)
        with _lock:
            cognito.new_uuid = lambda: sub
            try:
                return original_create(data)
            finally:
                cognito.new_uuid = original_uuid

    cognito._admin_create_user = create
