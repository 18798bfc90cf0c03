"""A pager: the webhook that every receiver of Alertmanager calls, and what it was told, and when."""

import json
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self


class Notice(NamedTuple):
    """One alert of one notification; `at` is time.monotonic()."""

    at: float
    receiver: str
    firing: bool
    labels: Mapping[str, str]

    def of(self, alert: str, instance: str) -> bool:
        """Whether it is about this alert of this instance."""
        found = self.labels["alertname"], self.labels.get("instance")
        return found == (alert, instance)


class Pager(ThreadingHTTPServer):
    """Takes notifications on a loopback port as long as the `with` block lasts."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Bell)
        self.notices: list[Notice] = []
        self._thread = threading.Thread(target=self.serve_forever, name="pager", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"

    def take(self, told: Mapping[str, Any]) -> None:
        """Note a notification, in Alertmanager's own form."""
        at = time.monotonic()
        for alert in told["alerts"]:
            firing = alert["status"] == "firing"
            self.notices.append(Notice(at, told["receiver"], firing, alert["labels"]))

    def about(self, alert: str, instance: str, since: float) -> list[Notice]:
        """What was said of this alert of this instance from then on, in order."""
        return [n for n in list(self.notices) if n.at >= since and n.of(alert, instance)]


class _Bell(BaseHTTPRequestHandler):
    server: Pager

    def do_POST(self) -> None:
        self.server.take(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""
