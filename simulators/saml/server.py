"""The provider's server: metadata, and the place where a browser is sent with a request."""

import base64
import html
import json
import zlib
from typing import Any

from lxml import etree

from simulators.saml.answers import SAML, Answer, encoded
from simulators.saml.signing import Signer, signer
from simulators.serving import Handler, Server

METADATA = """<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity}">
<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>
<X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
 Location="{url}/sso"/></IDPSSODescriptor></EntityDescriptor>"""
FORM = """<h1>Simulated provider</h1><form method=post action="{acs}">
<input type=hidden name=SAMLResponse value="{answer}">
<input type=hidden name=RelayState value="{state}"><button>Sign in</button></form>"""
INFLATED = 64 * 1024


class _Provider(Handler):
    """The routes."""

    def get(self) -> None:
        """Serve the metadata and the page that posts the answer."""
        simulator: SamlSimulator = self.owner
        if self.place == "/metadata":
            simulator.metadata_requests += 1
            if simulator.is_away:
                return self.json(500, {})
            return self.answer(200, simulator.metadata().encode(), "application/samlmetadata+xml")
        if self.place == "/sso":
            acs, answer = simulator.answer(self.query["SAMLRequest"])
            state = self.query.get("RelayState", "")
            told = {"acs": acs, "answer": answer, "state": state}
            return self.page(200, FORM.format(**{k: html.escape(v) for k, v in told.items()}))
        return self.json(404, {})

    def post(self) -> None:
        """Switch a fault on from another process."""
        simulator: SamlSimulator = self.owner
        if self.place != "/control":
            return self.json(404, {})
        simulator.fault = str(json.loads(self.body()).get("fault", ""))
        return self.json(200, {"fault": simulator.fault})


class SamlSimulator(Server):
    """One provider. Fields may be changed while it runs."""

    handler = _Provider

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.entity_id = f"{self.url}/metadata"
        self.subject = "p-1"
        self.attributes: dict[str, str | list[str]] = {}
        self.audience = ""
        self.fault = ""
        self.is_away = False
        self.metadata_requests = 0
        self.signer: Signer = signer("first")

    def rotate(self, name: str) -> None:
        """Sign with another key from now on."""
        self.signer = signer(name)

    def metadata(self) -> str:
        """Return the metadata."""
        certificate = self.signer.certificate
        return METADATA.format(entity=self.entity_id, certificate=certificate, url=self.url)

    def answer(self, request: str) -> tuple[str, str]:
        """Return where the answer to a request is posted, and its text."""
        asked: Any = etree.fromstring(inflated(request))
        issuer = asked.findtext(f"{{{SAML}}}Issuer")
        acs = asked.get("AssertionConsumerServiceURL")
        told = Answer(
            issuer=self.entity_id, acs=acs, audience=self.audience or issuer,
            request_id=asked.get("ID"), subject=self.subject, attributes=self.attributes,
            fault=self.fault,
        )  # fmt: skip
        return acs, encoded(told, self.signer, signer("foreign"))


def inflated(request: str) -> bytes:
    """Return the XML of `SAMLRequest` as the redirect binding carries it."""
    return zlib.decompressobj(-15).decompress(base64.b64decode(request), INFLATED)
