"""People, their memberships, sessions and rights."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "apps.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Load the description of our authentication for the OpenAPI document."""
        import apps.accounts.schema  # noqa: F401
