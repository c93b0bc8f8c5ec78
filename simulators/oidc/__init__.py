"""An OpenID Connect provider: discovery, rotating keys, the code flow with PKCE, faults."""

from simulators.oidc.keys import public_pem
from simulators.oidc.server import FAULTS, OidcSimulator, Person

__all__ = ["FAULTS", "OidcSimulator", "Person", "public_pem"]
