"""The verifiers of the webhook page, against what Portico signs (integration 12)."""

import json
import subprocess
import time
from collections.abc import Callable

import pytest

from apps.connections.secrets import new_webhook_secret
from apps.integrations.providers import signature
from tests.docs.pages import DOCS, blocks, needed

PAGE = DOCS / "how-to" / "webhooks.md"
BODY = '{"type":"invoice.paid","data":{"note":"Grüße, 🙂"}}'.encode()
Verifier = Callable[[str, dict[str, str], bytes], bool]

RUN = """
const read = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
process.stdout.write(String(isGenuine(read.secret, read.headers, Buffer.from(read.body, "hex"))));
"""


def block(language: str) -> str:
    (found,) = [block.text for block in blocks(PAGE) if block.language == language]
    return found


def in_python(secret: str, headers: dict[str, str], body: bytes) -> bool:
    names: dict[str, Verifier] = {}
    exec(block("python"), names)  # noqa: S102  the page's own code
    return names["is_genuine"](secret, headers, body)


def in_node(secret: str, headers: dict[str, str], body: bytes) -> bool:
    node = needed("node")
    call = json.dumps({"secret": secret, "headers": headers, "body": body.hex()})
    done = subprocess.run(
        [node, "-e", block("js") + RUN], input=call, capture_output=True, text=True, check=True
    )
    return done.stdout == "true"


def headers(*secrets: str, moment: int | None = None, body: bytes = BODY) -> dict[str, str]:
    stamp = int(time.time()) if moment is None else moment
    signed = " ".join(signature(secret, "msg_1", stamp, body) for secret in secrets)
    return {"webhook-id": "msg_1", "webhook-timestamp": str(stamp), "webhook-signature": signed}


@pytest.mark.parametrize("is_genuine", [in_python, in_node])
def test_a_genuine_call_is_accepted_also_while_a_secret_is_exchanged(is_genuine: Verifier) -> None:
    """R157, integration 12."""
    old, new = new_webhook_secret(), new_webhook_secret()
    assert is_genuine(old, headers(old), BODY)
    assert is_genuine(old, headers(new, old), BODY)
    assert is_genuine(new, headers(new, old), BODY)


@pytest.mark.parametrize("is_genuine", [in_python, in_node])
def test_whatever_is_not_genuine_is_refused(is_genuine: Verifier) -> None:
    secret, now = new_webhook_secret(), int(time.time())
    good = headers(secret)
    cases = {
        "another secret": (headers(new_webhook_secret()), BODY),
        "another body": (good, BODY + b" "),
        "another id": (good | {"webhook-id": "msg_2"}, BODY),
        "too old": (headers(secret, moment=now - 400), BODY),
        "from the future": (headers(secret, moment=now + 400), BODY),
        "no number": (good | {"webhook-timestamp": "soon"}, BODY),
        "no signature": (good | {"webhook-signature": ""}, BODY),
        "not ASCII": (good | {"webhook-signature": "v1,ü"}, BODY),
        "another scheme": (good | {"webhook-signature": good["webhook-signature"][3:]}, BODY),
    }
    accepted = [name for name, (sent, body) in cases.items() if is_genuine(secret, sent, body)]
    assert accepted == []


def test_each_verifier_is_short() -> None:
    """Ten lines are the promise; the imports come on top."""
    for language in ("python", "js"):
        lines = [line for line in block(language).splitlines() if line]
        assert len(lines) <= 12
