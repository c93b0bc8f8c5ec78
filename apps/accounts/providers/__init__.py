"""Sign-in providers: OpenID Connect, SAML 2.0 and signed statements of a client's own system.

They know protocols and no tables. Each ends in an `Identity` or raises ProofRefused (the proof is
wrong), ProviderAway (its server did not answer well) or the portal's own Unavailable.
"""

from apps.accounts.providers.calls import Caller
from apps.accounts.providers.identities import Identity, ProofRefused, ProviderAway

__all__ = ["Caller", "Identity", "ProofRefused", "ProviderAway"]
