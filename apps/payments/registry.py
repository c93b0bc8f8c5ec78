"""Which payment providers this installation has."""

from django.conf import settings

from apps.payments.books import FakeBooks
from apps.payments.providers import PaymentProvider
from apps.payments.providers.fake import FakeProvider


def providers() -> dict[str, PaymentProvider]:
    """Return the providers by name. The fake one is missing in production (B05)."""
    if settings.IN_PRODUCTION:
        return {}
    fake = FakeProvider(FakeBooks(), in_production=settings.IN_PRODUCTION)
    return {fake.name: fake}
