"""The inbox as pages on this machine: a list by recipient, each message as a mail client or a phone shows it.

No page has a script, and a message's HTML is shown in a sandboxed frame: what somebody else's text contains cannot
act here.
"""

from __future__ import annotations

import socketserver
from collections.abc import Callable, Iterable
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import groupby
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from local.inbox import InboxMessage, InboxUnavailable, as_json
from meterflow.sms import count_segments

_STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; padding: 1rem; max-width: 46rem; color: #1b1f24; background: #fff; }
body, pre { font: 1rem/1.5 system-ui, sans-serif; }
a { color: #0b4f6c; }
:focus-visible { outline: 3px solid #b3541e; outline-offset: 2px; }
h1 { font-size: 1.5rem; }
h2 { font-size: 1.1rem; margin: 1.5rem 0 .25rem; }
h1, h2, li, dd, p, pre { overflow-wrap: anywhere; }
ul { list-style: none; padding: 0; margin: 0; }
li { padding: .5rem 0; border-top: 1px solid #c5ccd3; }
.quiet { color: #3b4652; font-size: .9rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; }
dt { font-weight: 600; }
dd { margin: 0; }
iframe { width: 100%; height: 34rem; border: 1px solid #6b7682; background: #fff; }
pre { white-space: pre-wrap; padding: 1rem; background: #eef2f5; }
.phone { max-width: 20rem; padding: 1.5rem 1rem; background: #eef2f5; }
.phone { border: 2px solid #3b4652; border-radius: 1.5rem; }
.phone p { margin: 0; padding: .75rem 1rem; border-radius: 1rem; background: #fff; }
"""

_NO_SCRIPT = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; frame-src 'self'; "
_STRICT = _NO_SCRIPT + "style-src 'self'"
# The frame inherits the page's policy, and e-mail carries its style in attributes: nothing else reads them.
_WITH_MESSAGE = _NO_SCRIPT + "style-src 'self' 'unsafe-inline'"

Answer = tuple[HTTPStatus, str, str, str]


class InboxServer(ThreadingHTTPServer):
    """Serves 127.0.0.1 only; `messages` is asked anew for every page."""

    daemon_threads = True

    def __init__(self, port: int, messages: Callable[[], list[InboxMessage]]) -> None:
        self.messages = messages
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        """Where the list is."""
        return f"http://127.0.0.1:{self.server_address[1]}/"

    def server_bind(self) -> None:
        """Bind without the base's look-up of the address in the DNS."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])


class _Handler(BaseHTTPRequestHandler):
    server: InboxServer
    server_version = "MeterflowInbox"
    sys_version = ""
    timeout = 30

    def do_GET(self) -> None:
        # A page elsewhere may resolve its own name to this machine; only our own names are answered.
        if urlsplit("//" + self.headers.get("Host", "")).hostname not in ("127.0.0.1", "localhost"):
            self._send(_problem(HTTPStatus.FORBIDDEN, "This address is not served."))
            return
        try:
            self._send(answer(urlsplit(self.path).path, self.server.messages))
        except InboxUnavailable as error:
            self._send(_problem(HTTPStatus.BAD_GATEWAY, f"The laptop cloud does not answer: {error}"))

    def do_HEAD(self) -> None:
        self.do_GET()

    def _send(self, reply: Answer) -> None:
        status, content_type, policy, text = reply
        body = text.encode()
        self.send_response(status)
        for name, value in (
            ("Content-Type", f"{content_type}; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Content-Security-Policy", policy),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Cache-Control", "no-store"),
        ):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's names
        """Silent: a log of who looked at what helps nobody here."""


def answer(path: str, messages: Callable[[], list[InboxMessage]]) -> Answer:
    """The reply to GET `path`. Raises InboxUnavailable where the messages cannot be read."""
    if path == "/":
        return HTTPStatus.OK, "text/html", _STRICT, _list_page(messages())
    if path == "/style.css":
        return HTTPStatus.OK, "text/css", _STRICT, _STYLE
    if path == "/messages.json":
        return HTTPStatus.OK, "application/json", _STRICT, as_json(messages())
    if path.startswith("/messages/"):
        wanted = unquote(path.removeprefix("/messages/"))
        for message in messages():
            if message.message_id == wanted:
                return HTTPStatus.OK, "text/html", _WITH_MESSAGE, _message_page(message)
    return _problem(HTTPStatus.NOT_FOUND, "There is no such page.")


def _list_page(messages: list[InboxMessage]) -> str:
    ordered = sorted(messages, key=lambda message: message.to)
    parts = [f"<h1>Inbox</h1><p>{len(messages)} messages that people would have received.</p>"]
    for to, received in groupby(ordered, key=lambda message: message.to):
        parts.append(f"<section><h2>{escape(to)}</h2><ul>{_rows(reversed(list(received)))}</ul></section>")
    return _page("Inbox", "".join(parts))


def _rows(messages: Iterable[InboxMessage]) -> str:
    return "".join(
        f'<li><a href="/messages/{quote(message.message_id, safe="")}">{escape(message.subject or message.text)}</a>'
        f'<br><span class="quiet">{_KIND[message.channel]}{_sent(message)}</span></li>'
        for message in messages
    )


def _message_page(message: InboxMessage) -> str:
    facts = {"To": message.to, "Subject": message.subject, "Sent": message.sent_at or "", "Reference": message.ref}
    if message.channel == "sms":
        size = count_segments(message.text)
        facts["Size"] = f"{size.parts} {'part' if size.parts == 1 else 'parts'}, {size.encoding}, {size.units} units"
    rows = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in facts.items() if value)
    shown = _as_mail(message) if message.channel == "email" else _as_phone(message)
    title = message.subject or f"Text message to {message.to}"
    return _page(title, f'<p><a href="/">All messages</a></p><h1>{escape(title)}</h1><dl>{rows}</dl>{shown}')


def _as_mail(message: InboxMessage) -> str:
    frame = (
        f'<h2>As a mail program shows it</h2><iframe sandbox="" title="The message as HTML" tabindex="0" '
        f'srcdoc="{escape(message.html)}"></iframe>'
    )
    return f'{frame if message.html else ""}<h2>As plain text</h2><pre tabindex="0">{escape(message.text)}</pre>'


def _as_phone(message: InboxMessage) -> str:
    return f'<h2>As a phone shows it</h2><div class="phone"><p>{escape(message.text)}</p></div>'


_KIND = {"email": "E-mail", "sms": "Text message"}


def _sent(message: InboxMessage) -> str:
    return f', <time datetime="{message.sent_at}">{message.sent_at}</time>' if message.sent_at else ""


def _problem(status: HTTPStatus, detail: str) -> Answer:
    body = f"<h1>{escape(status.phrase)}</h1><p>{escape(detail)}</p>"
    return status, "text/html", _STRICT, _page(status.phrase, body)


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="/style.css"></head>'
        f"<body><main>{body}</main></body></html>"
    )
