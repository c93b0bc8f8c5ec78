"""People of the old system come over with their passwords (P07, acceptance of bcrypt hashes)."""

import csv
import io
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import Membership, User
from apps.clients.models import Client
from apps.core.tenancy import organization_scope
from apps.organizations.models import Organization
from tests.conftest import api

OLD = "Old-portal-1"
HASH = bcrypt.hashpw(OLD.encode(), bcrypt.gensalt(4)).decode()
ROW = {
    "email": "Sarah@example.org", "password_hash": HASH, "first_name": "Sarah",
    "last_name": "O'Brien; DROP", "role": "client", "phone": "555-0188",
    "company_name": "Jones & Co", "is_active": "t",
}  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "people.csv"


def write(file: Path, *rows: dict[str, str], heading: dict[str, str] = ROW) -> None:
    with file.open("w", newline="") as target:
        writer = csv.DictWriter(target, heading)
        writer.writeheader()
        writer.writerows(rows)


def imported(organization: Organization, file: Path, **options: Any) -> str:
    out = io.StringIO()
    call_command("import_people", organization.slug, str(file), stdout=out, stderr=out, **options)
    return out.getvalue()


def login(email: str, given: str = OLD) -> Any:
    return api(None).post("/api/auth/login", {"email": email, "password": given})


def test_p07_people_sign_in_with_their_old_passwords(
    organization: Organization, file: Path
) -> None:
    admin = ROW | {"email": "boss@example.org", "role": "admin"}
    former = ROW | {"email": "former@example.org", "is_active": "f"}
    write(file, ROW, admin, former)
    assert "3 people imported, 0 were known" in imported(organization, file)
    assert login("sarah@example.org").json()["user"]["role"] == "client"
    assert login("boss@example.org").json()["user"]["role"] == "admin"
    assert login("former@example.org").status_code == 403
    assert login("sarah@example.org", "wrong").status_code == 401
    assert User.objects.get(email="sarah@example.org").password.startswith("argon2$")
    assert Membership.objects.get(user__email="boss@example.org").role == "staff"
    with organization_scope(organization.id):
        assert Client.objects.filter(organization=organization, name="Jones & Co").count() == 2


def test_an_import_goes_on_where_it_was_stopped(organization: Organization, file: Path) -> None:
    write(file, ROW)
    imported(organization, file)
    write(file, ROW, ROW | {"email": "next@example.org"})
    assert "1 people imported, 1 were known" in imported(organization, file)


def test_a_check_writes_nothing(organization: Organization, file: Path) -> None:
    write(file, ROW)
    assert "1 people could be imported" in imported(organization, file, check=True)
    assert not User.objects.filter(email="sarah@example.org").exists()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"email": "no address"}, "line 2, email: is no e-mail address"),
        ({"password_hash": "plain"}, "line 2, password_hash: is no bcrypt hash"),
        ({"password_hash": HASH.replace("$04$", "$31$")}, "line 2, password_hash: is no bcrypt"),
        ({"role": "owner"}, "line 2, role: is neither admin nor client"),
        ({"first_name": "x" * 101}, "line 2, first_name: is longer than 100"),
        ({"is_active": "perhaps"}, "line 2, is_active: is neither true nor false"),
    ],
)
def test_a_file_with_a_fault_is_refused_whole(
    change: dict[str, str], fault: str, organization: Organization, file: Path
) -> None:
    write(file, ROW | change, ROW | {"email": "good@example.org"})
    err = io.StringIO()
    with pytest.raises(CommandError, match="Nothing was imported"):
        call_command("import_people", organization.slug, str(file), stderr=err)
    assert fault in err.getvalue()
    assert not User.objects.filter(email="good@example.org").exists()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"email;role\n", b'email,"role\nx'])
def test_what_is_no_csv_of_people_is_refused(
    content: bytes, organization: Organization, file: Path
) -> None:
    file.write_bytes(content)
    with pytest.raises(CommandError, match=r"people\.csv"):
        imported(organization, file)


def test_an_unknown_studio_or_file_is_named(organization: Organization, file: Path) -> None:
    with pytest.raises(CommandError, match="nowhere"):
        call_command("import_people", "nowhere", str(file))
    with pytest.raises(CommandError, match=r"people\.csv"):
        imported(organization, file)
