"""What stands in for the management API of RabbitMQ."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, HTTPServer


class Management:
    """Stands in for the management API: notes what it is asked, answers as told."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, object]] = []
        self.answers: dict[tuple[str, str], int] = {}
        #: What is found there; of the rest, nothing is known.
        self.found: dict[str, bytes] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(size)) if size else None
                outer.asked.append((self.command, self.path, body))
                found = outer.found.get(self.path, b"{}") if self.command == "GET" else b""
                usual = 200 if found else 204
                self.send_response(outer.answers.get((self.command, self.path), usual))
                self.send_header("Content-Length", str(len(found)))
                self.end_headers()
                self.wfile.write(found)

            do_GET = do_PUT = do_DELETE = _answer  # noqa: N815 - names of the standard library

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the same
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
