"""Tells drf-spectacular that our authentication is a JWT bearer scheme."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "apps.accounts.authentication.SessionAuthentication"
    name = "accessToken"

    def get_security_definition(self, _auto_schema: Any) -> dict[str, str]:
        """Return the scheme as OpenAPI names it."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
