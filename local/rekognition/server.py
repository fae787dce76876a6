"""The HTTP server: AWS JSON 1.1 on POST /, and GET /health."""

from __future__ import annotations

import json
import socketserver
import sys
import uuid
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.rekognition.access_log import LOGGER, Record
from local.rekognition.errors import (
    ServiceError,
    internal,
    serialization,
    throughput_exceeded,
    unknown_operation,
    validation,
)
from local.rekognition.rate import TokenBucket
from local.rekognition.service import Service
from local.rekognition.source import MOST_INLINE_BYTES

_TARGET_PREFIX = "RekognitionService."
_JSON_1_1 = "application/x-amz-json-1.1"
# An image over the limit must be read to the end before it is refused, else the SDK sees a broken
# connection and not the error; four times the limit is where patience ends.
_MOST_BODY_BYTES = 4 * MOST_INLINE_BYTES


class RekognitionServer(ThreadingHTTPServer):
    """A thread for each connection; the service's pool decides who reads."""

    daemon_threads = True
    # The default of 5 refuses connections when many functions start at once.
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], service: Service, rate: TokenBucket) -> None:
        self.service = service
        self.rate = rate
        super().__init__(address, _Handler)

    @property
    def url(self) -> str:
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}"

    def server_bind(self) -> None:
        # HTTPServer's own would look the address up in the DNS, which can take seconds without a network.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base's names
        error = sys.exception()
        if not isinstance(error, ConnectionError | TimeoutError):
            LOGGER.error("connection failed", exc_info=error)


class _Handler(BaseHTTPRequestHandler):
    server: RekognitionServer
    protocol_version = "HTTP/1.1"
    server_version = "MeterflowLocalRekognition"
    sys_version = ""
    # An idle connection is not kept for ever, nor a caller waited for who sends half a request.
    timeout = 65
    # Head and body leave as one packet.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        if self.path != "/health":
            self._send(HTTPStatus.NOT_FOUND, {"message": "Not found"})
            return
        # The server is made with its models loaded, so that it answers is the news.
        self._send(HTTPStatus.OK, {"status": "ok", "model": self.server.service.version})

    def do_POST(self) -> None:
        record = Record()
        try:
            status, answer, error = 200, self._answer(record), None
        except ServiceError as refused:
            error = refused
        except (ConnectionError, TimeoutError):
            record.outcome = "caller left"
            record.write()
            raise
        except Exception:  # noqa: BLE001 - the last resort: the caller must get the service's 500
            LOGGER.exception("bug in %s", record.op)
            error = internal()
        if error is not None:
            status, record.outcome = error.status, error.name
            answer = {"__type": error.name, "Code": error.name, "Message": error.message}
        record.write()
        self._send(status, answer, error)

    def _answer(self, record: Record) -> dict[str, Any]:
        body = self._body()
        if self.path != "/":
            raise unknown_operation()
        target = self.headers.get("X-Amz-Target", "")
        name = target.removeprefix(_TARGET_PREFIX)
        operation = self.server.service.operation(name if name != target else "")
        # Only now: what a stranger writes in a header has no business in the log.
        record.op = name
        if not self.server.rate.take():
            raise throughput_exceeded()
        try:
            request = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise serialization("The request is not JSON") from error
        if not isinstance(request, dict):
            raise serialization("The request is not a structure")
        return operation(request, record)

    def _body(self) -> bytes:
        declared = self.headers.get("Content-Length", "")
        if not declared.isascii() or not declared.isdigit():
            self.close_connection = True
            raise serialization("Content-Length is missing")
        if int(declared) > _MOST_BODY_BYTES:
            self.close_connection = True
            raise validation("image.bytes", f"Member must have length less than or equal to {MOST_INLINE_BYTES}")
        body = self.rfile.read(int(declared))
        if len(body) < int(declared):
            raise ConnectionError("the caller left in the middle of the request")
        return body

    def _send(self, status: int, answer: dict[str, Any], error: ServiceError | None = None) -> None:
        body = json.dumps(answer, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if self.command == "GET" else _JSON_1_1)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        if error is not None:
            self.send_header("x-amzn-errortype", error.name)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's names
        """Silent: the access log has one line for each call already, and request lines are the caller's text."""
