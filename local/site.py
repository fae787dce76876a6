"""Put the static site into its bucket: the pages in `site/` and `config.json`, which says where to log in.

Map and dashboard are made by functions, when a meter changes or a day begins; a new layout has to be asked for.
`python -m local.site --stack NAME` does both for a stack of the account that boto3's ordinary settings name.
"""

import argparse
import hashlib
import json
import mimetypes
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local import paths, stack

SITE = paths.ROOT / "site"
# Pages change with every release; what lies under vendor/ carries its version in its path.
CACHE = {"vendor": "public, max-age=31536000, immutable", "": "no-cache"}


def publish(s3: Any, outputs: dict[str, str], region: str, cognito_endpoint: str) -> int:
    """Upload every file of the site that the bucket does not hold as it is, and return how many those were."""
    bucket = outputs["SiteBucketName"]
    files = {path.relative_to(SITE).as_posix(): path.read_bytes() for path in sorted(SITE.rglob("*")) if path.is_file()}
    files["config.json"] = json.dumps(config(outputs, region, cognito_endpoint)).encode()
    there = _etags(s3, bucket)
    changed = [key for key, body in files.items() if there.get(key) != _etag(body)]
    for key in changed:
        s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=files[key],
            ContentType=content_type(key),
            CacheControl=CACHE.get(key.split("/")[0], CACHE[""]),
        )
    return len(changed)


def rebuild_pages(sqs: Any, outputs: dict[str, str]) -> None:
    """Ask for map and dashboard anew, whatever the published ones were made from."""
    for queue in ("MapQueueUrl", "DashboardQueueUrl"):
        sqs.send_message(QueueUrl=outputs[queue], MessageBody=json.dumps({"rebuild": True}))


def rebuild_pages_once(sqs: Any, outputs: dict[str, str], deployed: str) -> bool:
    """Ask for the pages anew where they were not yet made by what is `deployed`; return whether it was necessary.

    The note of it lies beside the laptop cloud's state. It is written last: an interrupted run asks once more, which
    costs one more page.
    """
    note = paths.home() / "pages.json"
    if note.exists() and json.loads(note.read_text()).get("fingerprint") == deployed:
        return False
    rebuild_pages(sqs, outputs)
    paths.write_whole(note, json.dumps({"fingerprint": deployed}) + "\n")
    return True


def _etags(s3: Any, bucket: str) -> dict[str, str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {item["Key"]: item["ETag"].strip('"') for page in pages for item in page.get("Contents", [])}


def _etag(body: bytes) -> str:
    """S3's own for what was put in one piece and is encrypted by S3's keys, as this bucket is."""
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def content_type(name: str) -> str:
    """The media type of a file of the site, with the character set where it is text."""
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"{guessed}; charset=utf-8" if guessed.startswith("text/") else guessed


def config(outputs: dict[str, str], region: str, cognito_endpoint: str) -> dict[str, str]:
    """What the login page must know; nothing in it is secret."""
    return {
        "region": region,
        "user_pool_client_id": outputs["UserPoolClientId"],
        "cognito_endpoint": cognito_endpoint,
    }


def main(arguments: list[str] | None = None) -> None:
    """Publish to the stack of an account. Raises SystemExit with one line where that is not possible."""
    parser = argparse.ArgumentParser(prog="python -m local.site", description="Publish the site of a deployed stack.")
    parser.add_argument("--stack", required=True, help="the stack's name, for example meterflow-staging")
    name = parser.parse_args(arguments).stack
    session = boto3.Session()
    try:
        outputs = stack.outputs(session.client("cloudformation"), name)
        if not outputs:
            raise SystemExit(f"site: there is no deployed stack {name} in {session.region_name}")
        region = str(session.region_name)
        count = publish(session.client("s3"), outputs, region, f"https://cognito-idp.{region}.amazonaws.com")
        rebuild_pages(session.client("sqs"), outputs)
    except (BotoCoreError, ClientError) as error:
        raise SystemExit(f"site: {error}") from None
    print(f"{count} files published to {outputs['SiteUrl']}; map and dashboard are made anew")


if __name__ == "__main__":
    main()
