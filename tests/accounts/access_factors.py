"""Who may use the routes of second factors, recovery codes and proofs."""

from typing import Any

from apps.accounts.models import Factor
from apps.core import clock
from tests.access import Table, World
from tests.factories import PASSWORD


def _alices_passkey(world: World) -> list[object]:
    alice = world.person("alice")
    factor = Factor.objects.create(
        organization_id=alice.organization_id, user=alice.user, kind=Factor.Kind.PASSKEY,
        name="Key", credential_id=b"alice", credential=b"x", confirmed_at=clock.now(),
    )  # fmt: skip
    return [factor.id]


def _name(_world: World) -> dict[str, Any]:
    return {"name": "Laptop"}


def _password(_world: World) -> dict[str, Any]:
    return {"password": PASSWORD}


EVERYBODY = (401, 201, 201, 201, 201, 201, 201)
EMPTY = (401, 400, 400, 400, 400, 400, 400)
PUBLIC = (400,) * 7
ALICES = (401, 404, 404, 404, 200, 404, 404)
TABLE = Table(
    matrix={
        # (method, route)        anonymous owner staff accountant alice bob mallory
        ("get", "factor-list"): (401, 200, 200, 200, 200, 200, 200),
        ("get", "factor-detail"): ALICES,
        ("put", "factor-detail"): ALICES,
        ("patch", "factor-detail"): ALICES,
        ("delete", "factor-detail"): ALICES,
        ("post", "totp-list"): EVERYBODY,
        ("post", "totp-confirmation-list"): EMPTY,
        ("post", "passkey-list"): EMPTY,
        ("post", "passkey-registration-list"): EVERYBODY,
        ("get", "recovery-code-list"): (401, 200, 200, 200, 200, 200, 200),
        ("post", "recovery-code-list"): (401, 422, 422, 422, 422, 422, 422),
        ("post", "proof-list"): EVERYBODY,
        ("post", "passkey-challenge-list"): (201,) * 7,
        ("post", "passkey-sign-in-list"): PUBLIC,
        ("post", "second-factor-list"): PUBLIC,
        ("post", "enrolment-list"): PUBLIC,
        ("post", "enrolment-confirmation-list"): PUBLIC,
    },
    arguments={
        "factor-detail": _alices_passkey,
        "totp-confirmation-list": _alices_passkey,
        "enrolment-confirmation-list": _alices_passkey,
    },
    bodies={
        ("put", "factor-detail"): _name,
        ("patch", "factor-detail"): _name,
        ("post", "proof-list"): _password,
    },
    public=frozenset({
        "passkey-challenge-list", "passkey-sign-in-list", "second-factor-list", "enrolment-list",
        "enrolment-confirmation-list",
    }),
)  # fmt: skip
