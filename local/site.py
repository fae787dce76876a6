"""Put the static site into its bucket: the pages in `site/` and `config.json`, which says where to log in."""

import json
import mimetypes
from typing import Any

from local import deploy, paths

SITE = paths.ROOT / "site"
# Pages change with every release; what lies under vendor/ carries its version in its path.
CACHE = {"vendor": "public, max-age=31536000, immutable", "": "no-cache"}


def publish(outputs: dict[str, str], where: dict[str, Any]) -> int:
    """Upload every file of the site and return how many there were."""
    s3 = deploy.client("s3")
    bucket = outputs["SiteBucketName"]
    files = [path for path in sorted(SITE.rglob("*")) if path.is_file()]
    for path in files:
        key = path.relative_to(SITE).as_posix()
        s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=path.read_bytes(),
            ContentType=content_type(path.name),
            CacheControl=CACHE.get(key.split("/")[0], CACHE[""]),
        )
    s3.put_object(
        Bucket=bucket,
        Key="config.json",
        Body=json.dumps(config(outputs, where)).encode(),
        ContentType="application/json",
        CacheControl="no-cache",
    )
    return len(files) + 1


def content_type(name: str) -> str:
    """The media type of a file of the site, with the character set where it is text."""
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"{guessed}; charset=utf-8" if guessed.startswith("text/") else guessed


def config(outputs: dict[str, str], where: dict[str, Any]) -> dict[str, str]:
    """What the login page must know; nothing in it is secret."""
    return {
        "region": str(where["region"]),
        "user_pool_client_id": outputs["UserPoolClientId"],
        "cognito_endpoint": str(where["aws_endpoint_url"]),
    }
