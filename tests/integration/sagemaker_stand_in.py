"""The two calls of SageMaker that training makes, for `sam local invoke`: the laptop cloud has no SageMaker.

It keeps what it was asked, and answers in the service's JSON protocol.
"""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class StandIn:
    """Where it listens, and the calls that came: operation and input."""

    url: str
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


@contextmanager
def sagemaker(answers: Mapping[str, Mapping[str, Any]]) -> Iterator[StandIn]:
    """A SageMaker on 127.0.0.1 that gives `answers` by operation, and a validation error for any other."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            operation = self.headers["X-Amz-Target"].partition(".")[2]
            stand_in.calls.append((operation, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            known = operation in answers
            content = json.dumps(answers[operation] if known else {"__type": "ValidationException"}).encode()
            self.send_response(200 if known else 400)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the library's name)
            """Say nothing: the calls are kept."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stand_in = StandIn(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
