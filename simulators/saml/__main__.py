"""`python -m simulators.saml [port] [email]`: a provider that signs in one person."""

import sys

from simulators.saml import SamlSimulator

simulator = SamlSimulator(int(sys.argv[1]) if len(sys.argv) > 1 else 9401)
email = sys.argv[2] if len(sys.argv) > 2 else "person@client.example"
simulator.attributes = {"mail": email, "givenName": "Pat", "sn": "Person"}
sys.stdout.write(f"metadata_url {simulator.entity_id}\n")
sys.stdout.flush()
simulator.run()
