"""`python -m simulators.oidc [port]`: a provider that signs in whoever types an address."""

import sys

from simulators.oidc import OidcSimulator

simulator = OidcSimulator(int(sys.argv[1]) if len(sys.argv) > 1 else 9400)
sys.stdout.write(
    f"issuer {simulator.issuer}\nclient_id {simulator.client_id}\n"
    f"client_secret {simulator.client_secret}\n"
)
sys.stdout.flush()
simulator.run()
