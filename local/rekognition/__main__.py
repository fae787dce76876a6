"""Starts the stand-in: `python -m local.rekognition --host 127.0.0.1 --port N`."""

from __future__ import annotations

import argparse
import ipaddress
import os
import signal
import sys
import threading
from collections.abc import Callable

from local.rekognition.access_log import LOGGER, log_to
from local.rekognition.engine import OcrEngine
from local.rekognition.pool import ReaderPool
from local.rekognition.rate import TokenBucket
from local.rekognition.s3 import s3_fetcher
from local.rekognition.server import RekognitionServer
from local.rekognition.service import Service


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    log_to(options.log)
    readers = [OcrEngine(options.threads) for _ in range(options.engines)]
    pool = ReaderPool(readers, options.most_waiting)
    service = Service(pool, s3_fetcher(options.s3_endpoint_url))
    try:
        server = RekognitionServer((options.host, options.port), service, TokenBucket(options.transactions_per_second))
    except OSError as error:
        print(f"local.rekognition: cannot listen on {options.host}:{options.port}: {error}", file=sys.stderr)
        return 1
    # shutdown() waits for the loop to end, so it must not run in the thread that runs the loop.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    with pool, server:
        LOGGER.info("serving on %s with %s", server.url, service.version)
        server.serve_forever()
    LOGGER.info("stopped")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.rekognition", description=__doc__)
    parser.add_argument("--host", type=_loopback, default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one, named in the log")
    parser.add_argument("--s3-endpoint-url", help="where S3Object images are; default: as boto3 finds it")
    parser.add_argument("--log", metavar="FILE", help="default: standard error")
    parser.add_argument("--transactions-per-second", type=_rate, default=25.0, help="0: no limit")
    parser.add_argument("--engines", type=_at_least(1), default=_engines(), help="OCR engines")
    parser.add_argument("--threads", type=_at_least(1), default=1, help="threads of each engine")
    parser.add_argument("--most-waiting", type=_at_least(0), default=64, help="callers beyond are throttled")
    return parser


def _loopback(host: str) -> str:
    """The server trusts whoever can reach it, so nobody else may."""
    address = "127.0.0.1" if host == "localhost" else host
    try:
        parsed = ipaddress.IPv4Address(address)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{host} is not an IPv4 address") from None
    if not parsed.is_loopback:
        raise argparse.ArgumentTypeError(f"{host} is not a loopback address")
    return address


def _rate(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError("at least 0")
    return value


def _at_least(least: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"at least {least}")
        return value

    return parse


def _engines() -> int:
    """One for each core, two at most: the machine has other work.

    Engines of one thread each, for the models' threads wait for each other by spinning: on two busy cores one
    engine of two threads was measured at half the speed of one engine of one.
    """
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, 2)


if __name__ == "__main__":
    sys.exit(main())
