"""Payment providers: the port, and an adapter for each. Nothing here knows a table."""

from apps.payments.providers.port import (
    Capabilities,
    Context,
    NotSent,
    Operation,
    PaymentProvider,
    Result,
    Status,
    Unsure,
)

__all__ = [
    "Capabilities",
    "Context",
    "NotSent",
    "Operation",
    "PaymentProvider",
    "Result",
    "Status",
    "Unsure",
]
