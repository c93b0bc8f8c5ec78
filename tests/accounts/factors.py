"""What the tests of second factors do again and again, through the public face."""

from typing import Any

import pyotp

from apps.accounts.models import Membership
from apps.core import clock
from tests.accounts.authenticator import Authenticator
from tests.conftest import Api, api
from tests.factories import PASSWORD

AUTH = "/api/v1/auth"


def data_of(answer: Any) -> Any:
    assert answer.status_code < 300, answer.json()
    return answer.json()["data"]


def login(person: Membership, password: str = PASSWORD) -> Any:
    return api(None).post(f"{AUTH}/login", {"email": person.user.email, "password": password})


def code_of(secret: str, step: int = 0) -> str:
    """Return the code of an app now, or some steps away."""
    return pyotp.TOTP(secret).generate_otp(int(clock.now().timestamp()) // 30 + step)


def wrong_code(secret: str) -> str:
    near = {code_of(secret, step) for step in (-2, -1, 0, 1, 2)}
    return next(code for code in ("000000", "111111", "222222", "333333") if code not in near)


def set_up_app(person: Membership, client: Api | None = None) -> tuple[str, list[str]]:
    """Set up an authenticator app with the code of the step before; return seed and codes."""
    client = client or api(person)
    enrolment = data_of(client.post(f"{AUTH}/factors/apps"))
    path = f"{AUTH}/factors/apps/{enrolment['id']}/confirmations"
    added = data_of(client.post(path, {"code": code_of(enrolment["secret"], -1)}))
    return enrolment["secret"], added["recovery_codes"]


def asked(person: Membership) -> dict[str, Any]:
    """Return the details of the question that follows the password."""
    answer = login(person)
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["code"]) == (401, "MFA_REQUIRED"), body
    details: dict[str, Any] = body["details"]
    return details


def answered(token: str, **given: Any) -> Any:
    return api(None).post(f"{AUTH}/second-factors", {"mfa_token": token} | given)


def here(client: Api) -> Api:
    """Return the client with the host name that passkeys need."""
    client.defaults["SERVER_NAME"] = "localhost"
    return client


def add_passkey(person: Membership, name: str = "Laptop", key: Authenticator | None = None) -> Any:
    """Register a passkey of a person; return the authenticator."""
    key = key or Authenticator()
    client = here(api(person))
    begun = data_of(client.post(f"{AUTH}/factors/passkey-registrations"))
    body = {"challenge_id": begun["challenge_id"], "name": name}
    credential = key.create(begun["options"])
    data_of(client.post(f"{AUTH}/factors/passkeys", body | {"credential": credential}))
    return key


def assertion(key: Authenticator) -> dict[str, Any]:
    """Return a fresh challenge, signed by a passkey."""
    begun = data_of(here(api(None)).post(f"{AUTH}/passkey-challenges"))
    return {"challenge_id": begun["challenge_id"], "credential": key.get(begun["options"])}


def enter_with(signed: dict[str, Any]) -> Any:
    return here(api(None)).post(f"{AUTH}/passkey-sign-ins", signed)
