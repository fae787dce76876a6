"""The site through its distribution: what is open, what needs a session, its headers, and the API under its name."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from meterflow import session
from meterflow.clock import now
from tests.integration.conftest import Cloud

OPEN = {
    "/": "text/html",
    "/index.html": "text/html",
    "/login.html": "text/html",
    "/login.js": "text/javascript",
    "/site.css": "text/css",
    "/live.js": "text/javascript",
    "/map.js": "text/javascript",
    "/icon.svg": "image/svg+xml",
    "/config.json": "application/json",
    "/vendor/leaflet-1.9.4/leaflet.js": "text/javascript",
    "/vendor/leaflet-1.9.4/leaflet.css": "text/css",
}
CLOSED = ["/map.html", "/dashboard.html", "/jobs.html", "/review.html", "/data/index.json", "/data/map-init.js"]
# As samconfig.toml has it for the laptop.
SECRET = "only-for-the-laptop-cloud-0123456789abcdef"
LOGIN = "/login.html"


def get(laptop: Cloud, path: str, cookie: str | None = None, method: str = "GET", **more: Any) -> requests.Response:
    """Ask the distribution, by its Host header, because not every resolver knows `*.localhost`."""
    headers = {"Host": urlsplit(laptop.endpoints["site_url"]).netloc} | more.pop("headers", {})
    if cookie is not None:
        headers["Cookie"] = f"{session.COOKIE}={cookie}"
    url = laptop.endpoints["aws_endpoint_url"] + path
    return requests.request(method, url, headers=headers, allow_redirects=False, timeout=60, **more)


def log_in(laptop: Cloud, role: str) -> str:
    """The session cookie that `POST /session` gives."""
    answer = laptop.request("POST", "/session", {}, token=laptop.session(role).id_token)
    assert answer.status_code == 200, answer.text
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    return cookie.split(";")[0].removeprefix(f"{session.COOKIE}=")


def forged(payload: bytes, secret: str = SECRET) -> str:
    body = base64.urlsafe_b64encode(payload).rstrip(b"=")
    signature = hmac.digest(secret.encode(), body, hashlib.sha256)
    return f"{body.decode()}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


@pytest.mark.parametrize(("path", "kind"), OPEN.items())
def test_what_the_login_needs_is_open_and_typed(laptop: Cloud, path: str, kind: str) -> None:
    answer = get(laptop, path)
    assert answer.status_code == 200
    media, _, parameters = answer.headers["Content-Type"].partition(";")
    assert media == kind
    if kind.startswith("text/"):
        assert parameters.strip() == "charset=utf-8"
    assert answer.content


@pytest.mark.parametrize("path", ["/login.html", "/config.json", "/site.css"])
def test_every_answer_carries_the_security_headers(laptop: Cloud, path: str) -> None:
    headers = get(laptop, path).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "max-age=63072000" in headers["Strict-Transport-Security"]
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=(self)" in headers["Permissions-Policy"]


def test_config_says_where_to_log_in_and_nothing_else(laptop: Cloud) -> None:
    config = get(laptop, "/config.json").json()
    assert config == {
        "region": laptop.endpoints["region"],
        "user_pool_client_id": laptop.outputs["UserPoolClientId"],
        "cognito_endpoint": laptop.endpoints["aws_endpoint_url"],
    }


@pytest.mark.parametrize("path", CLOSED)
def test_without_a_session_a_page_is_the_login(laptop: Cloud, path: str) -> None:
    answer = get(laptop, path)
    assert (answer.status_code, answer.headers["Location"], answer.content) == (302, LOGIN, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("path", ["/map.html", "/dashboard.html", "/data/index.json"])
@pytest.mark.parametrize("role", ["operator", "technician"])
def test_staff_with_a_session_see_the_pages(laptop: Cloud, path: str, role: str) -> None:
    answer = laptop.eventually(lambda: (found := get(laptop, path, log_in(laptop, role))).status_code == 200 and found)
    assert "no-store" in answer.headers["Cache-Control"] or "no-cache" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_customer_is_turned_away_from_the_fleet(laptop: Cloud) -> None:
    answer = get(laptop, "/map.html", log_in(laptop, "customer"))
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{LOGIN}?denied=1")


def cookies() -> dict[str, str]:
    """Cookies that open nothing, by what is wrong with them."""
    good = session.sign("u", ["operator"], now(), SECRET)
    body, signature = good.split(".")
    ends = int((now() + timedelta(hours=1)).timestamp())
    other = base64.urlsafe_b64encode(b'{"groups":["operator"],"exp":9999999999}').rstrip(b"=").decode()
    return {
        "empty": "",
        "no signature": body,
        "empty signature": f"{body}.",
        "another payload under the same signature": f"{other}.{signature}",
        "signature cut": good[:-1],
        "signature with one more": good + "A",
        "three parts": f"{good}.x",
        "another secret": session.sign("u", ["operator"], now(), "x" * 40),
        "expired": session.sign("u", ["operator"], now() - session.LIFETIME - timedelta(seconds=1), SECRET),
        "no expiry": forged(b'{"groups":["operator"]}'),
        "expiry that is text": forged(b'{"groups":["operator"],"exp":"never"}'),
        "no groups": forged(json.dumps({"exp": ends}).encode()),
        "a group that sounds alike": forged(json.dumps({"exp": ends, "groups": ["operators"]}).encode()),
        "unsigned JWT": "eyJhbGciOiJub25lIn0.eyJncm91cHMiOlsib3BlcmF0b3IiXX0.",
    }


@pytest.mark.parametrize("wrong", list(cookies()))
def test_a_wrong_session_opens_nothing(laptop: Cloud, wrong: str) -> None:
    answer = get(laptop, "/dashboard.html", cookies()[wrong])
    assert answer.status_code == 302, wrong
    assert answer.headers["Location"].startswith(LOGIN)


def test_the_secret_that_these_tests_forge_with_is_the_real_one(laptop: Cloud) -> None:
    """Else every forged cookie above would be refused for the wrong reason."""
    assert get(laptop, "/config.json", session.sign("u", ["operator"], now(), SECRET)).status_code == 200
    answer = laptop.eventually(
        lambda: (found := get(laptop, "/dashboard.html", session.sign("u", ["operator"], now(), SECRET))) and found
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/login.html/../map.html", "/vendor/../map.html", "/%6dap.html", "//map.html"])
def test_no_spelling_of_a_page_gets_around_the_session(laptop: Cloud, path: str) -> None:
    url = laptop.endpoints["aws_endpoint_url"]
    request = requests.Request("GET", url, headers={"Host": urlsplit(laptop.endpoints["site_url"]).netloc}).prepare()
    request.url = url + path  # as it is: requests would tidy the path
    with requests.Session() as plain:
        answer = plain.send(request, allow_redirects=False, timeout=60)
    assert answer.status_code in (302, 400, 403, 404)
    assert b"map-init" not in answer.content


def test_logging_out_forgets_the_session(laptop: Cloud) -> None:
    answer = get(laptop, "/log-out", log_in(laptop, "operator"))
    assert (answer.status_code, answer.headers["Location"]) == (302, LOGIN)
    assert f"{session.COOKIE}=;" in answer.headers["Set-Cookie"]
    assert "Max-Age=0" in answer.headers["Set-Cookie"]


def test_the_api_answers_under_the_sites_name(laptop: Cloud) -> None:
    token = laptop.session("customer").id_token
    assert get(laptop, "/api/meters").status_code == 401
    answer = get(laptop, "/api/meters/WTR-0001", headers={"Authorization": token})
    assert answer.status_code == 200, answer.text
    assert answer.json()["meter_id"] == "WTR-0001"
    assert answer.headers["Cache-Control"] == "no-store"
    problem = get(laptop, "/api/readings", method="POST", json={"value": 1}, headers={"Authorization": token})
    assert problem.status_code == 400
    assert problem.headers["Content-Type"].startswith("application/problem+json")
    assert get(laptop, "/api/jobs?status=DONE", headers={"Authorization": token}).status_code == 403
    logged_in = get(laptop, "/api/session", method="POST", json={}, headers={"Authorization": token})
    assert logged_in.status_code == 200
    assert logged_in.headers["Set-Cookie"].startswith(f"{session.COOKIE}=")


def test_a_session_needs_an_id_token(laptop: Cloud) -> None:
    assert laptop.request("POST", "/session", {}).status_code == 401
    assert laptop.request("POST", "/session", {}, token=laptop.session("operator").access_token).status_code == 401
