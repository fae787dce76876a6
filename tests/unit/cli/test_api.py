"""What the API's refusals become: one line that a person understands."""

import json
from typing import Any

import pytest
import requests

from cli import api


def answer(status: int, body: bytes) -> requests.Response:
    """An answer as requests gives it."""
    made = requests.Response()
    made.status_code = status
    made._content = body
    return made


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        ({"title": "Not found", "detail": "There is no meter X."}, "Not found. There is no meter X"),
        (
            {
                "title": "Unprocessable",
                "errors": [
                    {"field": "value", "message": "too long"},
                    {"field": "taken_at", "message": "in the future"},
                ],
            },
            "Unprocessable. value: too long; taken_at: in the future",
        ),
        ({"message": "Unauthorized"}, "Unauthorized"),
        ({}, "the API answered 422"),
        ([], "the API answered 422"),
        ("text", "the API answered 422"),
    ],
)
def test_a_problem_document_in_one_line(problem: Any, line: str) -> None:
    assert api.problem_text(answer(422, json.dumps(problem).encode())) == line


def test_an_answer_that_is_no_json() -> None:
    assert api.problem_text(answer(502, b"<html>Bad gateway")) == "the API answered 502"


def test_the_bucket_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.requests, "post", lambda *_args, **_options: answer(403, b"<Error/>"))
    with pytest.raises(api.Refused, match=r"^the uploads bucket refused the photo \(403\)$"):
        api.upload({"url": "http://bucket", "fields": {}}, b"x")
