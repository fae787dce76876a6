"""The session cookie: its form, its signature, its attributes. What checks it is tested in tests/unit/site."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

from meterflow import session

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
SECRET = "s" * 40


def test_the_payload_and_its_signature() -> None:
    body, signature = session.sign("user-1", {"technician", "operator"}, NOW, SECRET).split(".")
    payload = json.loads(base64.urlsafe_b64decode(body + "=="))
    assert payload == {"sub": "user-1", "groups": ["operator", "technician"], "exp": int(NOW.timestamp()) + 8 * 3600}
    expected = base64.urlsafe_b64encode(hmac.digest(SECRET.encode(), body.encode(), hashlib.sha256))
    assert signature == expected.rstrip(b"=").decode()


def test_no_script_and_no_other_site_gets_the_cookie() -> None:
    header = session.set_cookie("value", secure=True)
    assert header == "mf_session=value; Path=/; Max-Age=28800; HttpOnly; SameSite=Lax; Secure"
    assert "Secure" not in session.set_cookie("value", secure=False)
