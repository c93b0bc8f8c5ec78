"""The event log read as audit: PostgreSQL takes the bodies apart, so a page is one statement.

The body of an event holds its data, and beside them what is for the audit alone: the address of
the person, and the values before and after. An erased body leaves who, what and when.
"""

from django.db.models import Case, CharField, F, Func, JSONField, TextField, Value, When
from django.db.models.expressions import Combinable

from apps.core.json_text import JsonObject

BODY = "(%(expressions)s)::json"
ACT = f"coalesce({BODY}->'data'->>'action', 'audit.recorded')"
ADDRESS = f"{BODY}->>'address'"
BEFORE = f"coalesce({BODY}->'before', {BODY}->'data'->'before')"
AFTER = f"coalesce({BODY}->'after', {BODY}->'data'->'after')"
HEX = "encode(%(expressions)s, 'hex')"
PREVIOUS = """(SELECT encode(p.hash, 'hex') FROM events_event p
 WHERE (p.organization_id, p.seq) = (%(expressions)s))"""
# People are named as this organization knows them: a stand-in took the place of who was erased.
NAME = """(SELECT coalesce(nullif(trim(u.first_name || ' ' || u.last_name), ''), u.email)
  FROM accounts_membership m JOIN accounts_user u ON u.id = m.user_id
 WHERE (m.organization_id, m.user_id) = (%(expressions)s))"""


def action(prefix: str = "") -> Combinable:
    """Return the kind of the event, or for an act without a kind its own name."""
    act = Func(F(f"{prefix}body"), template=ACT, output_field=TextField())
    return Case(
        When(**{f"{prefix}kind": "audit.recorded"}, then=act),
        default=F(f"{prefix}kind"),
        output_field=TextField(),
    )


def actor(prefix: str) -> Combinable:
    """Return who acted: type, id and the name he has now."""
    columns = [F(f"{prefix}organization_id"), F(f"{prefix}actor_id")]
    return JsonObject({
        "type": F(f"{prefix}actor_type"),
        "id": F(f"{prefix}actor_id"),
        "name": Func(*columns, template=NAME, output_field=CharField()),
    })  # fmt: skip


def audited_object(prefix: str) -> Combinable:
    """Return what was acted upon."""
    return JsonObject({"type": F(f"{prefix}aggregate_type"), "id": F(f"{prefix}aggregate_id")})


def address(prefix: str) -> Combinable:
    """Return the network address of the person, or null."""
    return Func(F(f"{prefix}body"), template=ADDRESS, output_field=CharField())


def before(prefix: str) -> Combinable:
    """Return the changed values as they were, or null."""
    return Func(F(f"{prefix}body"), template=BEFORE, output_field=JSONField())


def after(prefix: str) -> Combinable:
    """Return the changed values as they became, or null."""
    return Func(F(f"{prefix}body"), template=AFTER, output_field=JSONField())


def own_hash(prefix: str) -> Combinable:
    """Return the event's hash in the chain, in hex."""
    return Func(F(f"{prefix}hash"), template=HEX, output_field=CharField())


def previous_hash(prefix: str) -> Combinable:
    """Return the hash of the entry before, in hex; null for the first."""
    columns: list[Combinable] = [F(f"{prefix}organization_id"), F(f"{prefix}seq") - Value(1)]
    return Func(*columns, template=PREVIOUS, output_field=CharField())
