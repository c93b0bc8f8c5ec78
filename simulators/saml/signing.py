"""A key with its certificate, and XML signatures made with it."""

import base64
import datetime as dt
from functools import lru_cache
from typing import Any

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID


class Signer:
    """Signs nodes of documents."""

    def __init__(self, name: str) -> None:
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = dt.datetime.now(dt.UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=365))
            .sign(private, SHA256())
        )
        self.certificate = base64.b64encode(made.public_bytes(Encoding.DER)).decode()

    def sign(self, node: Any, method: Any = None, digest: Any = None) -> None:
        """Put an enveloped signature over a node into it, behind its issuer."""
        names = xmlsec.constants
        signature = xmlsec.template.create(
            node, names.TransformExclC14N, method or names.TransformRsaSha256, ns="ds"
        )
        node.insert(1, signature)
        reference = xmlsec.template.add_reference(
            signature, digest or names.TransformSha256, uri=f"#{node.get('ID')}"
        )
        xmlsec.template.add_transform(reference, names.TransformEnveloped)
        xmlsec.template.add_transform(reference, names.TransformExclC14N)
        xmlsec.tree.add_ids(node, ["ID"])
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_memory(self.pem, xmlsec.constants.KeyDataFormatPem)
        context.sign(signature)


@lru_cache(maxsize=16)
def signer(name: str) -> Signer:
    """Return the signer of a name; the same for as long as the process lives."""
    return Signer(name)
