"""The management API of RabbitMQ, for what AMQP has no words for: accounts, and how queues are."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from base64 import b64encode
from contextlib import suppress
from http.client import HTTPException
from typing import Any
from urllib.parse import quote

from palier.broker.errors import ManagementFailed
from palier.schemas.addresses import VHOST

#: HTTP's word for what is not there.
_MISSING = 404


class Management:
    """Asks the management API at ``url``, with an administrator's account. Blocking; any thread.

    Raises `ManagementFailed`. A call waits at most ``timeout`` seconds for each of its requests.
    """

    def __init__(
        self, url: str, user: str, password: str, *, vhost: str = VHOST, timeout: float = 10.0
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise ManagementFailed(f"{url!r} is no address of a management API: use http(s)://…")
        self._url = url.rstrip("/")
        self.vhost = quote(vhost, safe="")
        self._timeout = timeout
        self._authorization = f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"
        # no proxy of the environment stands between a worker and its broker
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def __repr__(self) -> str:
        return f"Management({self._url!r})"

    def ask(
        self, method: str, path: str, body: object = None, *, missing_is_fine: bool = False
    ) -> None:
        """Have something done."""
        try:
            self._request(method, path, body)
        except ManagementFailed as error:
            if not (missing_is_fine and error.status == _MISSING):
                raise

    def found(self, path: str) -> Any:
        """Return what is there, or None if nothing is."""
        try:
            return self.read(path)
        except ManagementFailed as error:
            if error.status != _MISSING:
                raise
            return None

    def read(self, path: str) -> Any:
        """Return what is there; that nothing is, is an error."""
        try:
            return json.loads(self._request("GET", path, None))
        except ValueError:
            raise ManagementFailed(
                f"What answers at {self._url} is no management API of RabbitMQ: check its address."
            ) from None

    def listed(self, what: str) -> list[dict[str, Any]]:
        """Return all ``exchanges``, ``queues`` or ``bindings`` of the virtual host."""
        found: list[dict[str, Any]] = self.read(f"{what}/{self.vhost}")
        return found

    def _request(self, method: str, path: str, body: object) -> bytes:
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked
            f"{self._url}/api/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": self._authorization, "Content-Type": "application/json"},
        )
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                found: bytes = answer.read()
                return found
        except urllib.error.HTTPError as error:
            sentence = _sentence(error.code, _said(error), path)
            raise ManagementFailed(sentence, status=error.code) from None
        except (OSError, HTTPException) as error:
            raise ManagementFailed(
                f"No management API answers at {self._url}: is the plugin rabbitmq_management "
                f"enabled there? ({getattr(error, 'reason', error)})"
            ) from None


def _said(error: urllib.error.HTTPError) -> str:
    """Return what came with a refusal, as far as it came."""
    with error, suppress(OSError, HTTPException):
        return error.read().decode(errors="replace")
    return ""


def _sentence(status: int, said: str, path: str) -> str:
    if status == 401:  # noqa: PLR2004 - HTTP's
        return (
            "The management API refuses our account: check its user and password, and that it "
            "has the tag administrator."
        )
    return f"The management API refused {path!r} ({status}): {said[:300]}"
