"""Pages of a list: how many, and an opaque token to go on from."""

import base64
import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from meterflow.http import Problem, Request

DEFAULT_LIMIT = 50
MAX_LIMIT = 100


def limit_of(request: Request) -> int:
    """The `limit` of a list call, 50 unless told. Raises Problem 400 outside 1..100."""
    text = request.query.get("limit", str(DEFAULT_LIMIT))
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MAX_LIMIT):
        raise Problem(
            400, "The limit is wrong", errors=[{"field": "limit", "message": f"a number of 1 to {MAX_LIMIT}"}]
        )
    return int(text)


def to_token(key: Mapping[str, str]) -> str:
    """The token that stands for `key`. It carries no right: whoever reads it checks the caller anew."""
    return base64.urlsafe_b64encode(json.dumps(dict(key), separators=(",", ":")).encode()).decode().rstrip("=")


def after_of(request: Request, *names: str) -> dict[str, str] | None:
    """The key in the call's `next` token, holding exactly `names`, or None. Raises Problem 400 where it is bad."""
    token = request.query.get("next")
    if not token:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        good = isinstance(key, dict) and set(key) == set(names)
        good = good and all(isinstance(part, str) and 0 < len(part) <= 128 for part in key.values())
    except (ValueError, RecursionError):
        good = False
    if not good:
        raise _bad_token()
    return dict(key)


def after_rank(request: Request) -> dict[str, str] | None:
    """The key in the token of a ranked list: a number and an id. Raises Problem 400 where it is bad."""
    key = after_of(request, "rank", "result_id")
    try:
        # DynamoDB knows neither infinity nor more than 38 figures.
        good = key is None or (len(key["rank"]) <= 38 and Decimal(key["rank"]).is_finite())
    except InvalidOperation:
        good = False
    if not good:
        raise _bad_token()
    return key


def _bad_token() -> Problem:
    return Problem(400, "The next token is wrong", errors=[{"field": "next", "message": "take it from the last page"}])
