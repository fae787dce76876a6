"""Charts of alarms in the photos bucket, `charts/<alert_id>.svg` and `.png`.

Not on the site: a chart shows what one household uses, so it is seen through links that the API gives to whom it
shows the alarm.
"""

from meterflow import settings
from meterflow.adapters.aws import aws_calls, client
from meterflow.adapters.photos import view_link

SVG = "image/svg+xml"
PNG = "image/png"


def put(key: str, svg: str, png: bytes) -> None:
    """Keep both forms. They follow from the alarm's row, so drawing again writes the same."""
    for ending, content, content_type in ((".svg", svg.encode(), SVG), (".png", png, PNG)):
        with aws_calls():
            client("s3").put_object(
                Bucket=settings.setting("PHOTOS_BUCKET"), Key=key + ending, Body=content, ContentType=content_type
            )


def links(key: str) -> dict[str, str]:
    """Links that show the two forms for five minutes, by ending."""
    return {ending: view_link(f"{key}.{ending}") for ending in ("svg", "png")}
