#!/usr/bin/env python3
"""A reference ticketing side that is told by webhook: checks each request, and stores each message once.

Needs Python 3.11 and nothing else. Copy this folder; it imports nothing of CallRouter.

Rules:
- A request whose signature is wrong is answered 401, and nothing of it is looked at.
- 204 is said after everything in the request has been committed to disk, never before.
- A message that is there already is passed over: it comes again whenever an answer got lost.
- What can never be stored is answered 422. Of a batch nothing is stored then: each comes again alone.
- A failure of our own (disk full, database locked) is answered 503: everything comes again.
- A manifest is answered with the ids that are not there.
"""

from __future__ import annotations

import argparse
import base64
import json
import logging
import os
import signal
import sqlite3
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

from inbox import RECONCILE, Event, Inbox, RejectedError, ids_asked, read_events
from signature import SignatureError, verify

log = logging.getLogger("receiver")

_ONE = "application/cloudevents+json"
_SEVERAL = "application/cloudevents-batch+json"
_LARGEST_REQUEST = 16 << 20


class Receiver(ThreadingHTTPServer):
    """The server, with what its requests need."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], inbox: Inbox, secrets: list[str]) -> None:
        self.inbox = inbox
        self.secrets = secrets
        super().__init__(address, Request)


class Request(BaseHTTPRequestHandler):
    """One connection, and its requests one after the other."""

    protocol_version = "HTTP/1.1"
    timeout: ClassVar[float] = 60.0
    server: Receiver

    def do_POST(self) -> None:
        """Take messages."""
        length = self.headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()):
            return self._refuse(411, "say how long it is")
        if int(length) > _LARGEST_REQUEST:
            return self._refuse(413, "too large")
        body = self.rfile.read(int(length))
        try:
            headers = {name.lower(): value for name, value in self.headers.items()}
            verify(self.server.secrets, headers, body, time.time())
        except SignatureError as error:
            return self._refuse(401, str(error))
        kind = self.headers.get_content_type()
        if kind not in (_ONE, _SEVERAL):
            return self._refuse(415, f"{_ONE} or {_SEVERAL} is wanted")
        try:
            self._take(read_events(body, batch=kind == _SEVERAL))
        except RejectedError as error:
            self._refuse(422, str(error))
        except sqlite3.Error as error:
            self._refuse(503, f"not stored: {type(error).__name__}")

    def _take(self, events: list[Event]) -> None:
        if len(events) == 1 and events[0].type == RECONCILE:
            missing = self.server.inbox.missing(ids_asked(events[0]))
            log.info("compared: %d are missing", len(missing))
            return self._answer(200, json.dumps({"missing": missing}))
        new = self.server.inbox.store(events)
        log.info("stored %d, there before %d", new, len(events) - new)
        return self._answer(204)

    def _refuse(self, status: int, why: str) -> None:
        log.warning("answered %d: %s", status, why)
        # What is left of the request would be read as the next one.
        self.close_connection = status in (411, 413)
        self._answer(status, json.dumps({"error": why}))

    def _answer(self, status: int, text: str = "") -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text.encode())))
        if status == 503:
            self.send_header("retry-after", "5")
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing: the library would write down the address that was asked for."""


def read_secrets(file: Path) -> list[str]:
    """One secret a line, two while they are changed."""
    if file.stat().st_mode & 0o077:
        sys.exit(f"{file}：别人也能读，请 chmod 600 / others may read it: chmod 600")
    secrets = file.read_text(encoding="utf-8").split()
    if not secrets or not all(map(_is_secret, secrets)):
        sys.exit(
            f"{file}：每行一个 whsec_…（其后为 base64） / one whsec_… a line is wanted, base64 behind it"
        )
    return secrets


def _is_secret(text: str) -> bool:
    try:
        return text.startswith("whsec_") and len(base64.b64decode(text[6:], validate=True)) > 0
    except ValueError:
        return False


def parse_options(arguments: list[str]) -> argparse.Namespace:
    """Read flags; each has an environment variable as its default."""
    parser = argparse.ArgumentParser(description="Stores what CallRouter sends by webhook, once each.")
    environment = os.environ.get
    parser.add_argument("--host", default=environment("RECEIVER_HOST", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=environment("RECEIVER_PORT", "8443"))
    parser.add_argument("--secret-file", type=Path, default=environment("RECEIVER_SECRET_FILE", "secret"))
    parser.add_argument("--certificate", type=Path, default=environment("RECEIVER_CERTIFICATE"))
    parser.add_argument("--key", type=Path, default=environment("RECEIVER_KEY"))
    parser.add_argument("--database", type=Path, default=environment("RECEIVER_DATABASE", "ticketing.db"))
    return parser.parse_args(arguments)


def main(options: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT."""
    inbox = Inbox(options.database)
    server = Receiver((options.host, options.port), inbox, read_secrets(options.secret_file))
    if options.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.certificate, options.key)
        # The handshake belongs to the connection's own thread: a slow one must not hold up the others.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: threading.Thread(target=server.shutdown).start())
    log.info("listening on %s:%d", *server.server_address[:2])
    server.serve_forever()
    server.server_close()
    inbox.close()
    log.info("stopped")


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    main(parse_options(sys.argv[1:]))
