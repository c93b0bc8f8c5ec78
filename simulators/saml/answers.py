"""Answers of the provider as XML: made, signed, and then spoilt as a fault says.

The wrapping attacks (XSW) keep the signed assertion somewhere in the document, so that its
signature still fits, and put a forged one where a careless reader looks.
"""

import base64
import copy
import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import xmlsec
from lxml import etree

from simulators.saml.signing import Signer

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
DS = "http://www.w3.org/2000/09/xmldsig#"
MINUTE = dt.timedelta(minutes=1)
Node = Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer says; a fault replaces some of it."""

    issuer: str
    acs: str
    audience: str
    request_id: str
    subject: str
    attributes: Mapping[str, str | list[str]]
    fault: str = ""
    lifetime: dt.timedelta = 5 * MINUTE
    begins: dt.timedelta = -MINUTE
    destination: str = ""
    format: str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"


CHANGES: dict[str, dict[str, Any]] = {
    "expired": {"lifetime": -5 * MINUTE, "begins": -15 * MINUTE},
    "not_yet_valid": {"begins": 10 * MINUTE, "lifetime": 20 * MINUTE},
    "wrong_audience": {"audience": "https://other.example"},
    "wrong_recipient": {"acs": "https://other.example/acs"},
    "longer_recipient": {"acs": "{acs}/more"},
    "wrong_destination": {"destination": "https://other.example/acs"},
    "wrong_issuer": {"issuer": "https://other.example"},
    "wrong_request": {"request_id": "_another"},
    "unsolicited": {"request_id": ""},
    "transient": {"format": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"},
}


def encoded(answer: Answer, signer: Signer, foreign: Signer) -> str:
    """Return the text of `SAMLResponse`."""
    changes: dict[str, Any] = {
        name: value.format(acs=answer.acs) if isinstance(value, str) else value
        for name, value in CHANGES.get(answer.fault, {}).items()
    }
    told = replace(answer, **changes)
    root = _response(told)
    assertion = root.find(f"{{{SAML}}}Assertion")
    signs = foreign if answer.fault == "foreign_key" else signer
    if answer.fault == "response_signed":
        signs.sign(root)
    elif answer.fault == "weak_algorithm":
        signs.sign(assertion, xmlsec.constants.TransformRsaSha1, xmlsec.constants.TransformSha1)
    elif answer.fault != "unsigned":
        signs.sign(assertion)
    if answer.fault in SPOILS:
        root = SPOILS[answer.fault](root, assertion)
    content: bytes = etree.tostring(root)
    if answer.fault in DOCTYPES:
        content = DOCTYPES[answer.fault] + content.replace(b">mallory<", b">&x;<")
    return base64.b64encode(content).decode()


def _response(answer: Answer) -> Node:
    now = dt.datetime.now(dt.UTC)
    root = _node(None, f"{{{SAMLP}}}Response", ID=_id(), Version="2.0", IssueInstant=_text(now))
    root.set("Destination", answer.destination or answer.acs)
    if answer.request_id:
        root.set("InResponseTo", answer.request_id)
    _node(root, f"{{{SAML}}}Issuer").text = answer.issuer
    status = _node(root, f"{{{SAMLP}}}Status")
    success = "urn:oasis:names:tc:SAML:2.0:status:Success"
    refused = "urn:oasis:names:tc:SAML:2.0:status:Responder"
    _node(
        status, f"{{{SAMLP}}}StatusCode", Value=refused if answer.fault == "declined" else success
    )
    _assertion(root, answer, now)
    return root


def _assertion(root: Node, answer: Answer, now: dt.datetime) -> None:
    begins, ends = _text(now + answer.begins), _text(now + answer.lifetime)
    node = _node(root, f"{{{SAML}}}Assertion", ID=_id(), Version="2.0", IssueInstant=_text(now))
    _node(node, f"{{{SAML}}}Issuer").text = answer.issuer
    subject = _node(node, f"{{{SAML}}}Subject")
    _node(subject, f"{{{SAML}}}NameID", Format=answer.format).text = answer.subject
    bearer = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
    confirmation = _node(subject, f"{{{SAML}}}SubjectConfirmation", Method=bearer)
    data = _node(
        confirmation, f"{{{SAML}}}SubjectConfirmationData", NotOnOrAfter=ends, Recipient=answer.acs
    )
    if answer.request_id:
        data.set("InResponseTo", answer.request_id)
    conditions = _node(node, f"{{{SAML}}}Conditions", NotBefore=begins, NotOnOrAfter=ends)
    if answer.fault != "no_audience":
        restriction = _node(conditions, f"{{{SAML}}}AudienceRestriction")
        _node(restriction, f"{{{SAML}}}Audience").text = answer.audience
    statement = _node(node, f"{{{SAML}}}AuthnStatement", AuthnInstant=_text(now))
    context = _node(statement, f"{{{SAML}}}AuthnContext")
    reference = _node(context, f"{{{SAML}}}AuthnContextClassRef")
    reference.text = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"
    attributes = _node(node, f"{{{SAML}}}AttributeStatement")
    for name, value in answer.attributes.items():
        attribute = _node(attributes, f"{{{SAML}}}Attribute", Name=name)
        for item in value if isinstance(value, list) else [value]:
            _node(attribute, f"{{{SAML}}}AttributeValue").text = item


def _forged(assertion: Node) -> Node:
    """Return an assertion about somebody else, with an id of its own and no signature."""
    forged = copy.deepcopy(assertion)
    forged.remove(forged.find(f"{{{DS}}}Signature"))
    forged.set("ID", _id())
    forged.find(f".//{{{SAML}}}NameID").text = "mallory"
    return forged


def _forged_before(root: Node, assertion: Node) -> Node:
    root.insert(root.index(assertion), _forged(assertion))
    return root


def _forged_after(root: Node, assertion: Node) -> Node:
    root.append(_forged(assertion))
    return root


def _signed_inside_forged(root: Node, assertion: Node) -> Node:
    forged = _forged(assertion)
    root.replace(assertion, forged)
    forged.append(assertion)
    return root


def _signed_in_extensions(root: Node, assertion: Node) -> Node:
    forged = _forged(assertion)
    root.replace(assertion, forged)
    extensions = etree.Element(f"{{{SAMLP}}}Extensions")
    extensions.append(assertion)
    root.insert(1, extensions)
    return root


def _signed_in_object(root: Node, assertion: Node) -> Node:
    """The forged assertion carries the signature, whose Object holds what was signed."""
    forged = _forged(assertion)
    signature = assertion.find(f"{{{DS}}}Signature")
    root.replace(assertion, forged)
    assertion.remove(signature)
    etree.SubElement(signature, f"{{{DS}}}Object").append(assertion)
    forged.insert(1, signature)
    return root


def _same_id(root: Node, assertion: Node) -> Node:
    forged = _forged(assertion)
    forged.set("ID", assertion.get("ID"))
    root.insert(root.index(assertion), forged)
    return root


def _signature_moved(root: Node, assertion: Node) -> Node:
    """The signature goes to the response, the signed assertion below it, a forged one beside."""
    signature = assertion.find(f"{{{DS}}}Signature")
    forged = _forged(assertion)
    assertion.remove(signature)
    root.insert(1, signature)
    signature.append(assertion)
    root.append(forged)
    return root


def _changed(root: Node, assertion: Node) -> Node:
    assertion.find(f".//{{{SAML}}}NameID").text = "mallory"
    return root


def _second_reference(root: Node, assertion: Node) -> Node:
    info = assertion.find(f"{{{DS}}}Signature/{{{DS}}}SignedInfo")
    info.append(copy.deepcopy(info.find(f"{{{DS}}}Reference")))
    return root


def _stylesheet(root: Node, assertion: Node) -> Node:
    transform = assertion.find(f".//{{{DS}}}Transform")
    transform.set("Algorithm", "http://www.w3.org/TR/1999/REC-xslt-19991116")
    return root


SPOILS: dict[str, Callable[[Node, Node], Node]] = {
    "wrapped_before": _forged_before,
    "wrapped_after": _forged_after,
    "wrapped_inside": _signed_inside_forged,
    "wrapped_extensions": _signed_in_extensions,
    "wrapped_object": _signed_in_object,
    "wrapped_same_id": _same_id,
    "wrapped_moved": _signature_moved,
    "changed": _changed,
    "second_reference": _second_reference,
    "stylesheet": _stylesheet,
}
DOCTYPES = {
    "entities": b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY x "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    "external_entity": b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
    "external_dtd": b'<!DOCTYPE r SYSTEM "http://127.0.0.1:9/r.dtd">',
}
FAULTS = (
    *CHANGES, *SPOILS, *DOCTYPES, "foreign_key", "response_signed", "weak_algorithm", "unsigned",
    "no_audience", "declined",
)  # fmt: skip


def _node(parent: Node, tag: str, **attributes: str) -> Node:
    names = {"saml": SAML, "samlp": SAMLP}
    if parent is None:
        return etree.Element(tag, attributes, nsmap=names)
    return etree.SubElement(parent, tag, attributes)


def _id() -> str:
    return f"_{uuid.uuid4().hex}"


def _text(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
