"""A SAML 2.0 identity provider that signs with xmlsec: valid answers, and each way to cheat."""

from simulators.saml.answers import FAULTS, Answer
from simulators.saml.server import SamlSimulator

__all__ = ["FAULTS", "Answer", "SamlSimulator"]
