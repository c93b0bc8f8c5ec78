"""The question "may he?" for apps that stand below the table of rights (C18)."""

from collections.abc import Callable

from django.conf import settings
from django.utils.module_loading import import_string

from apps.core.actors import Actor


def require(actor: Actor, action: str) -> None:
    """Raise PermissionDenied unless the actor may do `action`; see `apps.accounts.permissions`."""
    check: Callable[[Actor, str], None] = import_string(settings.REQUIRE_RIGHT)
    check(actor, action)


def require_proof(actor: Actor) -> None:
    """Raise ProofRequired unless the person has just proved himself (R25)."""
    check: Callable[[Actor], None] = import_string(settings.REQUIRE_PROOF)
    check(actor)
