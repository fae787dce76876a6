"""The adapters of the domain package on the running laptop cloud, for commands that read and write its lake."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from local import cloud, endpoints
from meterflow.adapters import aws


@contextmanager
def connected() -> Iterator[dict[str, str]]:
    """Inside the block the adapters talk to the laptop cloud as its root; gives the stack's outputs.

    Raises FileNotFoundError where none was started here.
    """
    where = endpoints.read()
    outputs: dict[str, str] = where["outputs"]
    before = dict(os.environ)
    os.environ.update(cloud.credentials(where["aws_endpoint_url"]) | {"LAKE_BUCKET": outputs["LakeBucketName"]})
    aws.client.cache_clear()
    try:
        yield outputs
    finally:
        os.environ.clear()
        os.environ.update(before)
        aws.client.cache_clear()
