"""Where the secrets of providers come from: the one seam between single sign-on and their store."""

from typing import Any
from uuid import UUID

from apps.accounts.providers import ProviderAway
from apps.core.keyring import Unreadable
from apps.organizations.errors import UnknownSecret
from apps.organizations.services import secret_of


def secret_behind(organization_id: UUID, value: Any) -> str:
    """Return the secret that `{"secret_ref": name}` names; nothing for nothing.

    A secret written into the document itself is not used: documents are shown and compared.
    Raises ProviderAway.
    """
    if not value:
        return ""
    if not isinstance(value, dict) or not isinstance(value.get("secret_ref"), str):
        raise ProviderAway("a secret is not given by its name")
    try:
        return secret_of(organization_id, value["secret_ref"])
    except (UnknownSecret, Unreadable) as error:
        raise ProviderAway("a secret cannot be read") from error
