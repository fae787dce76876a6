"""POST /uploads: a link by which the caller sends one photo of a meter, straight to the quarantine bucket."""

import uuid

from meterflow import clock
from meterflow.access import may_see_meter
from meterflow.adapters import meters, photos
from meterflow.contracts.image_validation import UploadBody
from meterflow.http import Problem, Request, Response, respond, route
from meterflow.photo import SUFFIXES, upload_prefix


def handle(request: Request) -> Response:
    """The link fixes key, type, length and expiry; 404 where the meter does not exist or is somebody else's."""
    body = request.body(UploadBody)
    meter = meters.get(body.meter_id)
    if meter is None or not may_see_meter(request.caller, meter):
        raise Problem(404, "No such meter")
    photo_key = f"{upload_prefix(request.caller.user_id)}{uuid.uuid4()}{SUFFIXES[body.content_type]}"
    link = photos.upload_link(photo_key, body.content_type, clock.now())
    return respond(200, {"url": link.url, "fields": link.fields, "photo_key": photo_key, "expires_at": link.expires_at})


handler = route(handle)
