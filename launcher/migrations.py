"""Knows whether the database is up to date without starting Django, which takes seconds.

After a migration two digests are written down: one of the code that decides what is to be done,
one of what the database says was done. Only if both are still the same, nothing is to be done.
"""

import hashlib
import json
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import psycopg

DECIDING = ("apps/*/migrations/*.py", "apps/*/apps.py", "portal/settings.py", "requirements.txt")


def code_digest(root: Path) -> str:
    """Return a digest of our migrations and of the installed packages, which have theirs."""
    digest = hashlib.sha256()
    for path in _deciding(root):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    packages = Path(sysconfig.get_path("purelib")).glob("*.dist-info")
    digest.update("\n".join(sorted(package.name for package in packages)).encode())
    return digest.hexdigest()


def database_digest(url: str) -> str:
    """Return a digest of the migrations done, with their times; "" for a new database."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        if not _has_table(connection, "django_migrations"):
            return ""
        row = connection.execute(
            "select md5(coalesce(string_agg(concat_ws('|', app, name, applied), ';' order by id),"
            " '')) from django_migrations"
        ).fetchone()
    return str(row[0]) if row else ""


def has_organizations(url: str) -> bool:
    """Return whether any organization exists."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        if not _has_table(connection, "organizations_organization"):
            return False
        row = connection.execute(
            "select exists (select from organizations_organization)"
        ).fetchone()
    return row == (True,)


def is_current(note: Path, root: Path, url: str) -> bool:
    """Return whether nothing changed since `write_down`."""
    try:
        known = json.loads(note.read_text())
    except (FileNotFoundError, ValueError):
        return False
    done = database_digest(url)
    return bool(done) and known == {"code": code_digest(root), "database": done}


def write_down(note: Path, root: Path, url: str) -> None:
    """Note the state after a migration."""
    state = {"code": code_digest(root), "database": database_digest(url)}
    fresh = note.with_suffix(".new")
    fresh.write_text(json.dumps(state))
    fresh.rename(note)


def _deciding(root: Path) -> Iterator[Path]:
    for pattern in DECIDING:
        yield from sorted(root.glob(pattern))


def _has_table(connection: psycopg.Connection, name: str) -> bool:
    row = connection.execute("select to_regclass(%s) is not null", [f"public.{name}"]).fetchone()
    return row == (True,)
