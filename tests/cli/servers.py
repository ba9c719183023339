"""Servers on loopback that are no MLflow servers, each in its own way."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

PAGE = b"<html><body>Please sign in</body></html>"


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """Start them; yields the port of each by its mark."""
    with ExitStack() as stack:
        marks = {
            f"{{{status}}}": stack.enter_context(answering(status)) for status in (401, 403, 500)
        }
        marks["{page}"] = stack.enter_context(answering(200))
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        marks["{silent}"] = str(silent.getsockname()[1])
        with socket.create_server(("127.0.0.1", 0)) as closed:
            marks["{closed}"] = str(closed.getsockname()[1])
        yield marks


@contextmanager
def answering(status: int) -> Iterator[str]:
    """The port of a server that answers everything with a page and a status."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(PAGE)))
            self.end_headers()
            self.wfile.write(PAGE)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield str(server.server_port)
        server.shutdown()
