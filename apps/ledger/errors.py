"""Faults of callers of the ledger. They are no refusals: no request can cause one."""


class Unbalanced(ValueError):
    """Raised when the lines of an entry do not sum to zero in each currency."""


class UnknownAccount(ValueError):
    """Raised for a code that the chart of accounts does not have."""
