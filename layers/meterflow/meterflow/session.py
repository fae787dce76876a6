"""The site's session: a signed note of who logged in, until when, and in which groups.

The note is `base64url(payload).base64url(HMAC-SHA-256(payload part))`, so that a CloudFront Function, which has HMAC
and little else, can check it without asking anybody. `stacks/delivery.yaml` has the other half of these rules.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable
from datetime import datetime, timedelta

COOKIE = "mf_session"
LIFETIME = timedelta(hours=8)


def sign(subject: str, groups: Iterable[str], now: datetime, secret: str) -> str:
    """The value of the session cookie for the user `subject`, good for LIFETIME after `now`."""
    expires = int((now + LIFETIME).timestamp())
    payload = json.dumps({"sub": subject, "groups": sorted(groups), "exp": expires}, separators=(",", ":"))
    body = _base64url(payload.encode())
    return f"{body}.{_base64url(hmac.digest(secret.encode(), body.encode(), hashlib.sha256))}"


def set_cookie(value: str, *, secure: bool) -> str:
    """The Set-Cookie header: no script reads it, no other site's form sends it. `secure` keeps it to HTTPS."""
    parts = [f"{COOKIE}={value}", "Path=/", f"Max-Age={int(LIFETIME.total_seconds())}", "HttpOnly", "SameSite=Lax"]
    return "; ".join([*parts, "Secure"] if secure else parts)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
