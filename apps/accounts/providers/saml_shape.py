"""What a SAML answer may look like at all, before any of it is believed.

No document type (so no entities), one assertion right below the response, signatures only on these
two, every id once, each signature over its own parent and nothing else, and only the algorithms and
transforms that the profile needs. Wrapped signatures (XSW) break one of these in each variant.
"""

import base64
import binascii
from typing import Any

from lxml import etree

from apps.accounts.providers.identities import ProofRefused

MAX_TEXT = 256 * 1024
ASSERTION = "{urn:oasis:names:tc:SAML:2.0:assertion}Assertion"
ENCRYPTED = "{urn:oasis:names:tc:SAML:2.0:assertion}EncryptedAssertion"
RESPONSE = "{urn:oasis:names:tc:SAML:2.0:protocol}Response"
DS = "{http://www.w3.org/2000/09/xmldsig#}"
SIGNATURES = frozenset(
    f"http://www.w3.org/2001/04/xmldsig-more#{name}"
    for name in ("rsa-sha256", "rsa-sha384", "rsa-sha512", "ecdsa-sha256", "ecdsa-sha384")
)
DIGESTS = frozenset(
    {
        "http://www.w3.org/2001/04/xmlenc#sha256",
        "http://www.w3.org/2001/04/xmldsig-more#sha384",
        "http://www.w3.org/2001/04/xmlenc#sha512",
    }
)
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
TRANSFORMS = frozenset({"http://www.w3.org/2000/09/xmldsig#enveloped-signature", EXCLUSIVE})


def check_shape(text: str) -> None:
    """Raise ProofRefused unless a posted answer has the one shape that we read."""
    if len(text) > MAX_TEXT:
        raise ProofRefused("malformed")
    try:
        content = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProofRefused("malformed") from error
    root = parsed(content)
    if root.tag != RESPONSE:
        raise ProofRefused("malformed")
    if root.find(f".//{ENCRYPTED}") is not None:
        raise ProofRefused("encrypted")
    assertions = list(root.iter(ASSERTION))
    if len(assertions) != 1 or assertions[0].getparent() is not root:
        raise ProofRefused("wrapped" if assertions else "malformed")
    _check_ids(root)
    _check_signatures(root, assertions[0])


def parsed(content: bytes) -> Any:
    """Return the root of a document without a document type. Raises ProofRefused."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ProofRefused("malformed") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise ProofRefused("entities")
    return root


def _check_ids(root: Any) -> None:
    ids = [value for node in root.iter() for name, value in node.items() if name.lower() == "id"]
    if len(ids) != len(set(ids)):
        raise ProofRefused("wrapped")


def _check_signatures(root: Any, assertion: Any) -> None:
    signatures = list(root.iter(f"{DS}Signature"))
    if not signatures:
        raise ProofRefused("unsigned")
    for signature in signatures:
        parent = signature.getparent()
        if parent is not root and parent is not assertion:
            raise ProofRefused("wrapped")
        if (
            len(parent.findall(f"{DS}Signature")) != 1
            or signature.find(f".//{DS}Object") is not None
        ):
            raise ProofRefused("wrapped")
        references = list(signature.iter(f"{DS}Reference"))
        if [found.get("URI") for found in references] != [f"#{parent.get('ID')}"]:
            raise ProofRefused("wrapped")
        _check_algorithms(signature)


def _check_algorithms(signature: Any) -> None:
    allowed = (
        ("SignatureMethod", SIGNATURES),
        ("DigestMethod", DIGESTS),
        ("Transform", TRANSFORMS),
        ("CanonicalizationMethod", frozenset({EXCLUSIVE})),
    )
    for name, algorithms in allowed:
        for node in signature.iter(f"{DS}{name}"):
            if node.get("Algorithm") not in algorithms:
                raise ProofRefused("algorithm")
