"""Who is asking: the one value that visibility and permission depend on."""

from dataclasses import dataclass, replace
from typing import ClassVar, Self
from uuid import UUID

OWNER, ADMIN, STAFF, ACCOUNTANT, CLIENT = "owner", "admin", "staff", "accountant", "client"
SYSTEM = "system"
TEAM_ROLES = (OWNER, ADMIN, STAFF, ACCOUNTANT)
NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Actor:
    """A person within one organization, or the system itself.

    `client_ids` are the client companies of a contact, `contact_roles` his role in each, in
    the same order; both are empty for the team. Roles come from the database, never from a
    token's claim. `scopes` are those of an API key, None for a person who signed in; `denied` are
    the actions that a custom role takes away; `only_assigned` hides the projects of others.
    """

    user_id: UUID
    organization_id: UUID
    role: str
    client_ids: tuple[UUID, ...] = ()
    contact_roles: tuple[str, ...] = ()
    session_id: UUID | None = None
    name: str = ""
    scopes: frozenset[str] | None = None
    denied: frozenset[str] = frozenset()
    only_assigned: bool = False
    is_authenticated: ClassVar[bool] = True

    @classmethod
    def system(cls, organization_id: UUID) -> Self:
        """Return the actor of work that no person asked for, such as a sweep."""
        return cls(NOBODY, organization_id, SYSTEM)

    @property
    def is_client(self) -> bool:
        """Whether the actor is a contact of client companies."""
        return self.role == CLIENT

    @property
    def is_team(self) -> bool:
        """Whether the actor works for the organization itself (or is the system)."""
        return self.role != CLIENT

    @property
    def pk(self) -> UUID:
        """The user's id under the name that frameworks read."""
        return self.user_id

    def contact_role(self, client_id: UUID | None) -> str:
        """Return the contact's role at a client company, or an empty text."""
        if client_id not in self.client_ids:
            return ""
        return self.contact_roles[self.client_ids.index(client_id)]

    def shape(self) -> tuple[str, int, bool]:
        """Return all that may change the text of a query, leaving out the ids it binds."""
        return (self.role, len(self.client_ids), self.only_assigned)

    def with_ids(
        self, *, user_id: UUID, organization_id: UUID, client_ids: tuple[UUID, ...]
    ) -> Self:
        """Return the same actor with other ids: the row cache compiles with marks."""
        return replace(
            self, user_id=user_id, organization_id=organization_id, client_ids=client_ids
        )
