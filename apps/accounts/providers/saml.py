"""SAML 2.0, web browser profile, begun by us: the request, and the check of what comes back.

python3-saml checks signatures and conditions in its strict mode; `saml_shape.py` refuses earlier
what it would never need to see. Beyond the library we insist on what the profile leaves optional:
audience, recipient, destination and the request that is answered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from onelogin.saml2.authn_request import OneLogin_Saml2_Authn_Request
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Names
from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from apps.accounts.providers.identities import (
    Identity,
    ProofRefused,
    ProviderAway,
    address,
    exact,
    word,
)
from apps.accounts.providers.saml_shape import check_shape, parsed

SKEW_SECONDS = 60
Names.ALLOWED_CLOCK_DRIFT = SKEW_SECONDS  # the library's own is five minutes
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"


@dataclass(frozen=True, slots=True)
class Issuer:
    """An identity provider, as its metadata describes it."""

    entity_id: str
    sign_on_url: str
    certificates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """We, as a provider knows us: `acs` is where its answers are posted."""

    entity_id: str
    acs: str
    attribute_map: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Assertion:
    """A person, with the assertion's id and the time (Unix) until which it must not come again."""

    identity: Identity
    number: str
    ends: float


def issuer_of(metadata: bytes) -> Issuer:
    """Return what metadata says. Raises ProviderAway when it is no good."""
    try:
        parsed(metadata)
        found = OneLogin_Saml2_IdPMetadataParser.parse(metadata)["idp"]
        url = found["singleSignOnService"]["url"]
        several = found.get("x509certMulti", {}).get("signing", [])
        certificates = tuple(several) or (found["x509cert"],)
        entity_id = found["entityId"]
    except (ProofRefused, KeyError, ValueError) as error:
        raise ProviderAway("the metadata cannot be used") from error
    if urlsplit(url).scheme not in {"http", "https"}:
        raise ProviderAway("the metadata names no place to sign in")
    return Issuer(entity_id, url, certificates)


def request_to(issuer: Issuer, service: Service, relay_state: str) -> tuple[str, str]:
    """Return where the browser goes, and the id of the request that it carries."""
    request = OneLogin_Saml2_Authn_Request(_settings(service, issuer))
    query = {"SAMLRequest": request.get_request(), "RelayState": relay_state}
    url: str = OneLogin_Saml2_Utils.redirect(issuer.sign_on_url, query, {})
    return url, str(request.get_id())


def assertion_of(issuer: Issuer, service: Service, text: str, request_id: str) -> Assertion:
    """Return what a posted answer asserts. Raises ProofRefused with the reason."""
    check_shape(text)
    place = urlsplit(service.acs)
    request = {
        "https": "on" if place.scheme == "https" else "off",
        "http_host": place.netloc,
        "script_name": place.path,
    }
    try:
        response = OneLogin_Saml2_Response(_settings(service, issuer), text)
        response.is_valid(request, request_id, raise_exceptions=True)
        _insist(response, service, request_id)
        return _read(response, issuer, service)
    except (OneLogin_Saml2_ValidationError, OneLogin_Saml2_Error) as error:
        raise ProofRefused(_reason(error), str(error)) from error
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise ProofRefused("malformed", str(error)) from error


def metadata_of(service: Service) -> bytes:
    """Return our metadata, for the administrator of the provider."""
    settings = OneLogin_Saml2_Settings(_options(service), sp_validation_only=True)
    metadata: bytes | str = settings.get_sp_metadata()
    return metadata if isinstance(metadata, bytes) else metadata.encode()


def _insist(response: Any, service: Service, request_id: str) -> None:
    """Refuse an assertion that could have been made for another request or another place."""
    if response.get_in_response_to() != request_id:
        raise ProofRefused("request")
    if service.entity_id not in response.get_audiences():
        raise ProofRefused("audience")
    if response.document.get("Destination", service.acs) != service.acs:
        raise ProofRefused("recipient")
    confirmed = [
        (found.get("Recipient"), found.get("InResponseTo"), found.get("NotOnOrAfter") is not None)
        for found in response._query_assertion(  # noqa: SLF001  only signed nodes count
            "/saml:Subject/saml:SubjectConfirmation/saml:SubjectConfirmationData"
        )
    ]
    if confirmed != [(service.acs, request_id, True)]:
        raise ProofRefused("recipient")


def _read(response: Any, issuer: Issuer, service: Service) -> Assertion:
    attributes: dict[str, Any] = response.get_attributes()
    name = response.get_nameid_data()
    if "subject" in service.attribute_map:
        subject = exact(_first(attributes, service.attribute_map["subject"]))
    elif name.get("Format") == TRANSIENT:
        raise ProofRefused("subject_transient")
    else:
        subject = exact(str(name["Value"]).strip())
    if not subject:
        raise ProofRefused("claim_missing")
    first, last, email = (
        _first(attributes, service.attribute_map.get(field, field))
        for field in ("first_name", "last_name", "email")
    )
    identity = Identity(
        system=issuer.entity_id, external_id=subject, email=address(email) or address(subject),
        is_email_verified=True, first_name=word(first, 100), last_name=word(last, 100),
        claims=attributes,
    )  # fmt: skip
    ends = float(response.get_assertion_not_on_or_after()) + SKEW_SECONDS
    return Assertion(identity, str(response.get_assertion_id()), ends)


def _first(attributes: dict[str, Any], name: str) -> str:
    return next((value for value in attributes.get(name, []) if isinstance(value, str)), "")


def _options(service: Service) -> dict[str, Any]:
    return {
        "strict": True,
        "debug": False,
        "sp": {
            "entityId": service.entity_id,
            "assertionConsumerService": {"url": service.acs, "binding": Names.BINDING_HTTP_POST},
            "NameIDFormat": PERSISTENT,
        },
        "security": {
            "wantAssertionsSigned": True, "wantAttributeStatement": False, "wantNameId": True,
            "rejectDeprecatedAlgorithm": True, "requestedAuthnContext": False,
            "allowSingleLabelDomains": True, "allowRepeatAttributeName": True,
        },
    }  # fmt: skip


def _settings(service: Service, issuer: Issuer) -> Any:
    options = _options(service)
    options["idp"] = {
        "entityId": issuer.entity_id,
        "singleSignOnService": {"url": issuer.sign_on_url, "binding": Names.BINDING_HTTP_REDIRECT},
        "x509certMulti": {"signing": list(issuer.certificates)},
    }
    try:
        return OneLogin_Saml2_Settings(options)
    except OneLogin_Saml2_Error as error:
        raise ProviderAway("the metadata cannot be used") from error


Refused = OneLogin_Saml2_ValidationError
REASONS: dict[int, str] = {
    Refused.ASSERTION_EXPIRED: "expired",
    Refused.SESSION_EXPIRED: "expired",
    Refused.ASSERTION_TOO_EARLY: "not_yet_valid",
    Refused.WRONG_AUDIENCE: "audience",
    Refused.WRONG_DESTINATION: "recipient",
    Refused.EMPTY_DESTINATION: "recipient",
    Refused.WRONG_SUBJECTCONFIRMATION: "recipient",
    Refused.WRONG_INRESPONSETO: "request",
    Refused.WRONG_ISSUER: "issuer",
    Refused.NO_SIGNED_ASSERTION: "unsigned",
    Refused.NO_SIGNATURE_FOUND: "unsigned",
    Refused.INVALID_SIGNATURE: "signature",
    Refused.DEPRECATED_SIGNATURE_METHOD: "algorithm",
    Refused.DEPRECATED_DIGEST_METHOD: "algorithm",
    Refused.STATUS_CODE_IS_NOT_SUCCESS: "declined",
}


def _reason(error: Exception) -> str:
    return REASONS.get(getattr(error, "code", -1), "malformed")
