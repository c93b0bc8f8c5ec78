"""`python -m tests.chaos.act CLIENT NUMBER`: change a client that often, and see the hints off."""

import sys
import time
from uuid import UUID


def main(client_id: UUID, number: int) -> None:
    """Each change is a transaction of its own, as a request is."""
    import django

    django.setup()
    from apps.clients.models import Client
    from apps.core.actors import Actor
    from apps.core.models import revise
    from apps.core.tenancy import organization_scope
    from apps.events import hints
    from apps.events.outbox import publish
    from apps.organizations.models import Organization

    for organization in Organization.objects.all():
        for count in range(number):
            with organization_scope(organization.id):
                row = Client.objects.select_for_update().filter(id=client_id).first()
                if row is None:
                    break
                revise(row, name=f"Acme {count}")
                publish(
                    Actor.system(organization.id), "client.updated", row, id=row.id,
                    name=row.name, changed=["name"],
                )  # fmt: skip
    ends = time.monotonic() + 3
    while hints._sender.waiting and time.monotonic() < ends:
        time.sleep(0.05)
    time.sleep(0.2)


if __name__ == "__main__":
    main(UUID(sys.argv[1]), int(sys.argv[2]))
