"""Who gets past the door: forged, expired, unsigned and wrong-group cookies do not."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from meterflow import session

SECRET = "k" * 40
Run = Callable[..., dict[str, Any]]


def now() -> datetime:
    return datetime.now(UTC)


def operator() -> str:
    return session.sign("user-1", ["operator"], now(), SECRET)


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sent_to(answer: dict[str, Any]) -> str:
    assert answer["statusCode"] == 302, answer
    return str(answer["headers"]["location"]["value"])


@pytest.mark.parametrize("group", ["operator", "technician"])
@pytest.mark.parametrize("page", ["/map.html", "/dashboard.html", "/data/shards/u33db.json"])
def test_staff_gets_in(run_function: Run, group: str, page: str) -> None:
    answer = run_function("AccessFunction", page, session.sign("user-1", [group], now(), SECRET))
    assert answer["uri"] == page


@pytest.mark.parametrize("page", ["/map.html", "/dashboard.html", "/data/index.json", "/jobs.html", "/review.html"])
def test_without_a_session_everybody_logs_in_first(run_function: Run, page: str) -> None:
    assert sent_to(run_function("AccessFunction", page)) == "/login.html"


@pytest.mark.parametrize(
    "page",
    ["/", "/index.html", "/login.html", "/login.js", "/site.css", "/config.json", "/vendor/leaflet-1.9.4/leaflet.js"],
)
def test_what_the_login_needs_is_open(run_function: Run, page: str) -> None:
    assert run_function("AccessFunction", page)["uri"] == page


def test_the_wrong_group_is_told(run_function: Run) -> None:
    for groups in ([], ["customer"]):
        cookie = session.sign("user-1", groups, now(), SECRET)
        assert sent_to(run_function("AccessFunction", "/map.html", cookie)) == "/login.html?denied=1"


def _other_payload(cookie: str) -> str:
    payload = {"sub": "user-1", "groups": ["operator"], "exp": 9_999_999_999}
    return encoded(json.dumps(payload).encode()) + "." + cookie.split(".")[1]


def _alg_none(_cookie: str) -> str:
    header = encoded(b'{"alg":"none"}')
    payload = encoded(b'{"sub":"u","groups":["operator"],"exp":9999999999}')
    return f"{header}.{payload}."


def _empty_key(_cookie: str) -> str:
    payload = encoded(b'{"sub":"u","groups":["operator"],"exp":9999999999}')
    return f"{payload}.{encoded(hmac.digest(b'', payload.encode(), hashlib.sha256))}"


@pytest.mark.parametrize(
    "forge",
    [
        _other_payload,
        _alg_none,
        _empty_key,
        lambda cookie: cookie.split(".")[0],
        lambda cookie: cookie.split(".")[0] + ".",
        lambda cookie: cookie[:-1] + ("A" if cookie[-1] != "A" else "B"),
        lambda cookie: cookie + ".x",
        lambda _cookie: "",
        lambda _cookie: ".",
        lambda _cookie: "not a cookie at all",
        lambda _cookie: session.sign("user-1", ["operator"], now(), "another secret, as long as the first"),
        lambda _cookie: session.sign("user-1", ["operator"], now() - timedelta(hours=8, seconds=1), SECRET),
    ],
)
def test_a_cookie_that_is_not_ours_or_has_expired(run_function: Run, forge: Callable[[str], str]) -> None:
    assert sent_to(run_function("AccessFunction", "/map.html", forge(operator()))) == "/login.html"


def test_a_session_lasts_until_it_expires(run_function: Run) -> None:
    almost = session.sign("user-1", ["operator"], now() - timedelta(hours=7, minutes=59), SECRET)
    assert run_function("AccessFunction", "/map.html", almost)["uri"] == "/map.html"


@pytest.mark.parametrize("uri", ["/%6dap.html", "//map.html", "/vendor/../map.html", "/vendor/%2e%2e/map.html"])
def test_another_spelling_of_a_path_opens_nothing(run_function: Run, uri: str) -> None:
    cookie = session.sign("user-1", [], now(), SECRET)
    assert sent_to(run_function("AccessFunction", uri, cookie)).startswith("/login.html")


def test_the_answer_carries_its_own_security_headers(run_function: Run) -> None:
    headers = run_function("AccessFunction", "/map.html")["headers"]
    assert headers["cache-control"]["value"] == "no-store"
    assert "default-src 'none'" in headers["content-security-policy"]["value"]
    assert {"strict-transport-security", "x-content-type-options", "x-frame-options"} <= set(headers)


def test_logging_out_drops_the_cookie(run_function: Run) -> None:
    answer = run_function("AccessFunction", "/log-out", operator())
    assert sent_to(answer) == "/login.html"
    assert answer["cookies"]["mf_session"]["value"] == ""
    assert "Max-Age=0" in answer["cookies"]["mf_session"]["attributes"]


@pytest.mark.parametrize(
    ("uri", "there"), [("/api/session", "/session"), ("/api/meters/api/x", "/meters/api/x"), ("/api/", "/")]
)
def test_the_api_is_called_without_its_prefix(run_function: Run, uri: str, there: str) -> None:
    assert run_function("ApiPathFunction", uri)["uri"] == there


def test_the_functions_keep_cloudfronts_limits(functions: dict[str, str]) -> None:
    for code in functions.values():
        assert len(code.encode()) < 10_000
        assert {line for line in code.splitlines() if "require(" in line} <= {"const crypto = require('crypto');"}
