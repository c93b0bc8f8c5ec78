"""The door of the area: C18 closes it to accountants and clients."""

from typing import Any, TypeVar

from django.db.models import Model
from rest_framework.request import Request

from apps.accounts.permissions import require
from apps.core.actors import Actor
from apps.core.api import ApiView, actor_of

M = TypeVar("M", bound=Model)


class AreaView(ApiView[M]):
    """Refuses with 403 whoever may not even read connections, for every method."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the door after the credential; a method that is not there stays 405."""
        super().initial(request, *args, **kwargs)
        if hasattr(self, (request.method or "").lower()):
            self.check_access(actor_of(request))

    def check_access(self, actor: Actor) -> None:
        """Raise PermissionDenied for roles without the area."""
        require(actor, "connections.read")
