"""Sending an e-mail is authorised on the sender's identity, as on AWS.

The emulator asks for `ses:SendEmail` on `*`, which a policy that names the identity can never grant. AWS asks for it
on the verified identity that sends: the address where that is one, else its domain.
"""

import json
from email.utils import parseaddr
from typing import Any

from ministack.core import iam_actions
from ministack.services import ses, ses_v2


def sender_identity(body: bytes | str) -> str | None:
    """The verified identity that a SendEmail request sends as, or None where it names no sender."""
    try:
        request: Any = json.loads(body or b"{}")
    except ValueError:
        return None
    address = parseaddr(str(request.get("FromEmailAddress", "")) if isinstance(request, dict) else "")[1]
    if not address:
        return None
    known = address in ses._identities or address in ses_v2._identities
    return address if known else address.rpartition("@")[2].lower()


def install() -> None:
    """Wrap the emulator's naming of SES resources. Raises AttributeError when it has moved."""
    original = iam_actions._ses_v2_resource_arn

    def with_sender(method: str, path: str, body: bytes, region: str, account_id: str) -> str:
        parts = [part for part in path.split("/") if part]
        sends = method == "POST" and parts[:3] == ["v2", "email", "outbound-emails"]
        identity = sender_identity(body) if sends else None
        if identity:
            return f"arn:aws:ses:{region}:{account_id}:identity/{identity}"
        return str(original(method, path, body, region, account_id))

    iam_actions._ses_v2_resource_arn = with_sender
