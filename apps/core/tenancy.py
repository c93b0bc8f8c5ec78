"""The second wall between organizations: PostgreSQL row security (design.md, section 4).

The first wall is `visible_to(actor)` on every queryset. Should a query forget it, the policy
made here still hides the rows of other organizations, and hides all rows when no organization
is set. The setting lives as long as the transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connection, migrations, transaction

SETTING = "app.organization"
EVERY = "every"

# After a rollback the setting reads as the empty text, not as NULL. In a sub-select it is read
# once a statement and not once a row.
OWN_ROWS = (
    "organization_id = (SELECT nullif(nullif(current_setting('app.organization', true), ''), "
    "'every')::uuid)"
)
QUEUE_ROWS = f"(SELECT current_setting('app.organization', true) = 'every') OR {OWN_ROWS}"
POLICY = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY organization ON {table} USING ({rule});
"""
NO_POLICY = """
DROP POLICY organization ON {table};
ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
"""


def row_security(table: str) -> migrations.RunSQL:
    """Return the migration operation that walls in `table` by its `organization_id`."""
    return _policy(table, OWN_ROWS)


def queue_security(table: str) -> migrations.RunSQL:
    """The same for a queue table (`integration.md`, section 2): it also accepts `every`."""
    return _policy(table, QUEUE_ROWS)


def _policy(table: str, rule: str) -> migrations.RunSQL:
    return migrations.RunSQL(POLICY.format(table=table, rule=rule), NO_POLICY.format(table=table))


def enter_organization(organization_id: UUID) -> None:
    """Set the organization for the rest of the open transaction.

    Raises TransactionManagementError outside one: the setting would be lost at once.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("no transaction is open")
    _set(str(organization_id))


@contextmanager
def organization_scope(organization_id: UUID, *, durable: bool = False) -> Iterator[None]:
    """Open a transaction that sees one organization.

    `durable` refuses to nest: the code after the block may then use the network, because no
    transaction can be open around it. Raises RuntimeError when nested so.
    """
    outermost = not connection.in_atomic_block
    value = str(organization_id)
    with transaction.atomic(durable=durable), _setting(value, is_outermost=outermost):
        yield


@contextmanager
def across_organizations(*, durable: bool = False) -> Iterator[None]:
    """Open a transaction that sees the queue rows of every organization.

    For claims, sweeps and the look-up of inbound connections only; business tables stay empty.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic(durable=durable), _setting(EVERY, is_outermost=outermost):
        yield


@contextmanager
def _setting(value: str, *, is_outermost: bool) -> Iterator[None]:
    """Set the organization; what stood before comes back, unless the transaction ends here."""
    before = "" if is_outermost else _get()
    _set(value)
    yield
    if not is_outermost:
        _set(before)  # after an error the rollback restores it


def _get() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting(%s, true), '')", [SETTING])
        (value,) = cursor.fetchone()
    return str(value)


def _set(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, value])
