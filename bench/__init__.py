"""The performance harness: `make bench` measures the portal against the Express baseline."""
