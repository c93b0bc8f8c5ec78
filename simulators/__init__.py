"""Peers of the portal that run by themselves, for tests and demonstrations. Never in production."""
