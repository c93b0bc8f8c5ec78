"""A small client of `/api/v1/`: envelope, idempotency keys, and a refresh when a token ends."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx


class Refused(Exception):
    """An answer that is not the wanted one; the text names request, status and body."""


class Person:
    """Somebody signed in. Requests go out with his token, which is refreshed when it ends."""

    def __init__(
        self, base: str, login: Mapping[str, str], access_seconds: int | None = None
    ) -> None:
        self.http = httpx.Client(base_url=f"{base}/api/v1", timeout=30)
        body: dict[str, Any] = {"email": login["email"], "password": login["password"]}
        if access_seconds:
            body["access_seconds"] = access_seconds
        self.refreshes = 0
        self._keep(self._send("POST", "/auth/login", json=body))
        self.user = self.pair["user"]

    def get(self, path: str, **query: Any) -> Any:
        """Return the data of a read."""
        return self.body("GET", path, params=query)["data"]

    def post(self, path: str, json: Any = None, *, key: str | None = None, **more: Any) -> Any:
        """Return the data of a change; each has an idempotency key."""
        headers = {"Idempotency-Key": key or str(uuid4())}
        return self.body("POST", path, json=json, headers=headers, **more)["data"]

    def body(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        """Return the whole envelope; raises Refused for anything but a success."""
        response = self.raw(method, path, **more)
        if not response.is_success:
            raise Refused(f"{method} {path}: {response.status_code} {response.text[:500]}")
        found: dict[str, Any] = response.json()
        return found

    def raw(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Return the response; an expired token is refreshed once and the request repeated."""
        response = self._send(method, path, **more)
        if response.status_code == 401 and response.json()["code"] == "TOKEN_EXPIRED":
            answer = self._send(
                "POST", "/auth/refresh", json={"refresh_token": self.pair["refresh_token"]}
            )
            self._keep(answer)
            self.refreshes += 1
            response = self._send(method, path, **more)
        return response

    @property
    def token(self) -> str:
        """The present access token."""
        return str(self.pair["access_token"])

    def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = dict(more.pop("headers", {}))
        if hasattr(self, "pair") and not path.startswith("/auth/"):
            headers["Authorization"] = f"Bearer {self.token}"
        return self.http.request(method, path, headers=headers, **more)

    def _keep(self, response: httpx.Response) -> None:
        if not response.is_success:
            raise Refused(f"sign-in: {response.status_code} {response.text[:300]}")
        self.pair: dict[str, Any] = response.json()["data"]
