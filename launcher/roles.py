"""The two database roles: `portico_owner` owns and migrates, `portico_app` serves requests.

Row security binds neither a superuser nor a table's owner by itself. So every process of the
portal connects as `portico_app`, which is neither. Works on any server, given a superuser.
"""

import hashlib
from typing import LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

OWNER = "portico_owner"
APP = "portico_app"
LOCK = 0x706F7274  # serialises launchers: PostgreSQL answers concurrent GRANTs with an error

LATER = "alter default privileges for role {owner} in schema public "
RIGHTS: tuple[LiteralString, ...] = (
    "alter schema public owner to {owner}",
    "grant usage on schema public to {app}",
    LATER + "grant select, insert, update, delete on tables to {app}",
    LATER + "grant usage, select on sequences to {app}",
    LATER + "grant execute on functions to {app}",
)


# Planning costs more than running for the short statements of a portal; and a page of rows that
# is looked up by key costs less than a scan, which the default for old disks does not believe.
PLANNING: tuple[LiteralString, ...] = (
    "plan_cache_mode = force_generic_plan",
    "random_page_cost = 1.1",
)


def prepare(superuser: str, database: str) -> None:
    """Make roles, database and rights on the server of this superuser. Repeating it is safe."""
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", [LOCK])
        _make_role(connection, OWNER)
        _make_role(connection, APP)
        _make_database(connection, database, OWNER)
        _run(connection, "grant connect on database {database} to {app}", database)
        # Rights on later tables only: a right that a migration takes away stays away.
        with psycopg.connect(make_conninfo(superuser, dbname=database)) as inside:
            for statement in RIGHTS:
                _run(inside, statement, database)


def prepare_for_tests(superuser: str, database: str) -> str:
    """Make the role of the tests and its database; return the connection string of the role.

    In tests `portico_app` makes its own databases and owns their tables; FORCE ROW LEVEL
    SECURITY binds an owner too.
    """
    known = conninfo_to_dict(superuser)
    password = known.get("password")
    if password:  # the same for every run, so that two runs at once agree
        password = hashlib.sha256(f"portico tests: {password}".encode()).hexdigest()
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", [LOCK])
        _make_role(connection, APP)
        _run(connection, "alter role {app} nosuperuser nobypassrls createdb", database)
        if password:
            statement = sql.SQL("alter role {} password {}")
            connection.execute(statement.format(sql.Identifier(APP), sql.Literal(password)))
        _make_database(connection, database, APP)
    return make_conninfo(superuser, user=APP, password=password, dbname=database)


def is_superuser(url: str) -> bool:
    """Return whether this connection is one of a superuser. Raises psycopg.OperationalError."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        row = connection.execute("select current_setting('is_superuser') = 'on'").fetchone()
    return row == (True,)


def _make_role(connection: psycopg.Connection, name: str) -> None:
    found = connection.execute("select 1 from pg_roles where rolname = %s", [name]).fetchone()
    if found:
        return
    try:
        statement = sql.SQL("create role {} login nosuperuser nobypassrls")
        connection.execute(statement.format(sql.Identifier(name)))
        for setting in PLANNING:
            statement = sql.SQL("alter role {} set {}")
            connection.execute(statement.format(sql.Identifier(name), sql.SQL(setting)))
    except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        return  # someone who does not know our lock was faster


def _make_database(connection: psycopg.Connection, name: str, owner: str) -> None:
    found = connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone()
    if found:
        return
    try:
        statement = sql.SQL("create database {} owner {}")
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(owner)))
    except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
        return


def _run(connection: psycopg.Connection, statement: LiteralString, database: str) -> None:
    names = {"owner": OWNER, "app": APP, "database": database}
    identifiers = {key: sql.Identifier(name) for key, name in names.items()}
    connection.execute(sql.SQL(statement).format(**identifiers))
