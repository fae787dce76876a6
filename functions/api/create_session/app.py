"""CreateSession: `POST /session` swaps the verified ID token for the cookie that opens the site's pages."""

from typing import Any

from meterflow import clock, session, settings
from meterflow.http import Request, respond, route


def handle(request: Request) -> dict[str, Any]:
    """The session of whoever calls. The pages' own check is in CloudFront, by `stacks/delivery.yaml`."""
    value = session.sign(request.caller.user_id, request.caller.groups, clock.now(), settings.setting("SESSION_SECRET"))
    response = respond(200, {"groups": sorted(request.caller.groups)})
    secure = settings.setting("COOKIE_SECURE") == "true"
    response["headers"]["Set-Cookie"] = session.set_cookie(value, secure=secure)
    return response


handler = route(handle)
