"""The API turns away who may not, says clearly what is wrong, and loses nothing."""

import uuid
from typing import Any

import pytest

from tests.integration.conftest import Cloud

ROUTES = [
    ("GET", "/meters"),
    ("GET", "/meters/WTR-0001"),
    ("GET", "/meters/WTR-0001/readings"),
    ("POST", "/meters"),
    ("POST", "/uploads"),
    ("POST", "/readings"),
    ("GET", "/readings/00000000-0000-4000-8000-00000000dead"),
    ("GET", "/validations"),
    ("POST", "/validations/x/correction"),
    ("GET", "/reviews/statistics"),
    ("GET", "/jobs"),
    ("POST", "/jobs/x/accept"),
    ("POST", "/jobs/x/decline"),
    ("POST", "/jobs/x/complete"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_without_an_id_token_nobody_gets_in(laptop: Cloud, method: str, path: str) -> None:
    body = {} if method == "POST" else None
    assert laptop.request(method, path, body).status_code == 401
    assert laptop.request(method, path, body, token="forged.token.here").status_code == 401
    assert laptop.request(method, path, body, token=laptop.session("operator").access_token).status_code == 401


def test_the_id_token_works_bare_and_with_bearer(laptop: Cloud) -> None:
    token = laptop.session("customer").id_token
    for header in (token, f"Bearer {token}"):
        assert laptop.request("GET", "/meters", token=header).status_code == 200


GOOD: dict[str, Any] = {
    "meter_id": "WTR-0001",
    "value": "00500.000",
    "taken_at": "2026-11-20T08:00:00Z",
    "client_token": "t",
}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"value": "12,5"}, "value"),
        ({"value": "NaN"}, "value"),
        ({"value": "1e9"}, "value"),
        ({"value": 500}, "value"),
        ({"value": "-1"}, "value"),
        ({"taken_at": "yesterday"}, "taken_at"),
        ({"taken_at": "2026-11-20T08:00:00"}, "taken_at"),
        ({"client_token": ""}, "client_token"),
        ({"photo_key": "uploads/somebody-else/x.jpg"}, "photo_key"),
        ({"meter_id": None}, "meter_id"),
    ],
)
def test_a_wrong_field_is_named(laptop: Cloud, change: dict[str, Any], field: str) -> None:
    token = laptop.session("customer").id_token
    answer = laptop.request("POST", "/readings", GOOD | change, token=token)
    assert answer.status_code == 400, answer.text
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert [item["field"] for item in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("raw", [b"", b"not json", b"[]", b'"text"', b"{" * 5000])
def test_a_body_that_is_no_object_is_a_problem(laptop: Cloud, raw: bytes) -> None:
    answer = laptop.request("POST", "/readings", raw=raw, token=laptop.session("customer").id_token)
    assert answer.status_code == 400
    assert answer.json()["status"] == 400


def test_a_body_that_is_too_large_is_refused(laptop: Cloud) -> None:
    answer = laptop.request("POST", "/readings", GOOD | {"x": "y" * 70_000}, token=laptop.session("customer").id_token)
    assert answer.status_code == 413


def test_another_persons_things_are_not_there(laptop: Cloud) -> None:
    others = "WTR-0100"
    token = laptop.session("customer").id_token
    assert laptop.request("GET", f"/meters/{others}", token=token).status_code == 404
    assert laptop.request("GET", f"/meters/{others}/readings", token=token).status_code == 404
    assert laptop.request("POST", "/readings", GOOD | {"meter_id": others}, token=token).status_code == 404
    upload = {"meter_id": others, "content_type": "image/png"}
    assert laptop.request("POST", "/uploads", upload, token=token).status_code == 404
    mine = laptop.new_meter("operator")
    submission_id = laptop.submit(mine, "00001.000", role="operator")
    assert laptop.request("GET", f"/readings/{submission_id}", token=token).status_code == 404


def test_customers_are_kept_from_operators_routes(laptop: Cloud) -> None:
    token = laptop.session("customer").id_token
    assert laptop.request("GET", "/validations", token=token).status_code == 403
    assert laptop.request("GET", "/jobs", token=token).status_code == 403
    correction = {"value": "1", "reason": "because"}
    assert laptop.request("POST", "/validations/x/correction", correction, token=token).status_code == 403


def test_a_meter_is_registered_once(laptop: Cloud) -> None:
    meter_id = laptop.new_meter()
    body = {
        "meter_id": meter_id,
        "kind": "water",
        "unit": "m3",
        "digits": 5,
        "decimals": 3,
        "location": {"lat": 1, "lon": 2},
    }
    token = laptop.session("operator").id_token
    assert laptop.request("POST", "/meters", body, token=token).status_code == 409
    unit = body | {"meter_id": f"T-{uuid.uuid4().hex[:8].upper()}", "unit": "kWh"}
    assert laptop.request("POST", "/meters", unit, token=token).status_code == 400


def test_the_bucket_takes_only_what_the_form_says(laptop: Cloud) -> None:
    import requests

    meter_id = laptop.new_meter()
    form = laptop.session("customer").call("POST", "/uploads", {"meter_id": meter_id, "content_type": "image/png"})

    def send(content: bytes = b"x", **changes: str) -> int:
        fields = form["fields"] | changes
        return requests.post(form["url"], data=fields, files={"file": ("p", content)}, timeout=30).status_code

    assert send(**{"Content-Type": "text/html"}) in (400, 403)
    assert send(key="uploads/elsewhere.png") in (400, 403)
    assert send(b"x" * (15 * 1024 * 1024 + 1)) in (400, 403)
    assert send() in (200, 204)
