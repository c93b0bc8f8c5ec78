"""The admin's sign-in: the same throttle and second factor as everywhere (R14, R18)."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from apps.accounts.models import User
from apps.accounts.services import person_with_password


class PasswordBackend(ModelBackend):
    """E-mail and password; who has an authenticator app types its code behind the password."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None,
        password: str | None = None, **kwargs: Any,
    ) -> User | None:  # fmt: skip
        """Return the person, or None for every refusal."""
        if not username or not password or len(password) > 1000:
            return None
        return person_with_password(username, password)
