"""Shapes of clients and contacts (P41, P42, C17)."""

from zoneinfo import available_timezones

from django.db.models import BigIntegerField, F, Func
from django.db.models.expressions import Combinable
from rest_framework import serializers

from apps.clients.models import Client, Contact, check_custom
from apps.core.fields import AmountSerializer, ComputedField, InputSerializer, MillisecondField
from apps.core.json_text import JsonObject
from apps.core.money import CURRENCIES

# Invoices and projects belong to apps above this one, so their tables are named here and their
# models are not imported. Amounts in another currency than the client's are not added up:
# nothing in the portal converts.
OWED = """coalesce((SELECT b.owed_minor FROM invoices_balance b
 WHERE (b.organization_id, b.client_id, b.currency) = (%(expressions)s)), 0)"""
PROJECTS = """(SELECT count(*) FROM projects_project p
 WHERE (p.organization_id, p.client_id) = (%(expressions)s) AND p.deleted_at IS NULL)"""


def balance_due(prefix: str) -> Combinable:
    """Return what the client still owes, as `{amount, currency}`."""
    columns = [F(f"{prefix}{name}") for name in ("organization_id", "id", "currency")]
    owed = Func(*columns, template=OWED, output_field=BigIntegerField())
    return JsonObject({"amount": owed, "currency": F(f"{prefix}currency")})


def projects_count(prefix: str) -> Combinable:
    """Return the number of the client's projects."""
    columns = [F(f"{prefix}{name}") for name in ("organization_id", "id")]
    return Func(*columns, template=PROJECTS, output_field=BigIntegerField())


class AddressSerializer(InputSerializer):
    """A postal address; it is one value and is replaced as a whole."""

    line1 = serializers.CharField(max_length=200, required=False, allow_blank=True)
    line2 = serializers.CharField(max_length=200, required=False, allow_blank=True)
    postal_code = serializers.CharField(max_length=20, required=False, allow_blank=True)
    city = serializers.CharField(max_length=100, required=False, allow_blank=True)
    region = serializers.CharField(max_length=100, required=False, allow_blank=True)
    country = serializers.RegexField(
        r"^([A-Z]{2})?$", required=False, allow_blank=True, help_text="ISO 3166-1, two letters."
    )


class ClientSerializer(serializers.ModelSerializer[Client]):
    """A client company."""

    address = ComputedField(lambda prefix: F(f"{prefix}address"), AddressSerializer())
    custom = serializers.JSONField(read_only=True)
    tags = serializers.ListField(child=serializers.CharField(), read_only=True)
    balance_due = ComputedField(balance_due, AmountSerializer())
    projects_count = ComputedField(projects_count, serializers.IntegerField())
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(read_only=True)

    class Meta:
        model = Client
        fields = (
            "id", "name", "email", "phone", "company", "address", "website", "tax_id",
            "currency", "timezone", "locale", "status", "tags", "custom", "balance_due",
            "projects_count", "created_at", "updated_at",
        )  # fmt: skip


class ClientInputSerializer(InputSerializer):
    """A client as a body. What is left out of a POST or PUT gets its default."""

    name = serializers.CharField(max_length=200)
    email = serializers.EmailField(max_length=254, default="", allow_blank=True)
    phone = serializers.CharField(max_length=40, default="", allow_blank=True)
    company = serializers.CharField(max_length=200, default="", allow_blank=True)
    address = AddressSerializer(default=dict)
    website = serializers.URLField(max_length=300, default="", allow_blank=True)
    tax_id = serializers.CharField(max_length=40, default="", allow_blank=True)
    currency = serializers.ChoiceField(choices=sorted(CURRENCIES), required=False)
    timezone = serializers.CharField(max_length=60, required=False)
    locale = serializers.RegexField(r"^[a-z]{2}(-[A-Z]{2})?$", required=False)
    tags = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=50, default=list
    )
    custom = serializers.JSONField(default=dict, validators=[check_custom])

    def validate_timezone(self, value: str) -> str:
        """Accept the names of the IANA data only."""
        if value not in available_timezones():
            raise serializers.ValidationError("This is no IANA time zone such as Europe/Berlin.")
        return value

    def validate_tags(self, value: list[str]) -> list[str]:
        """Keep each tag once, in the order given."""
        return list(dict.fromkeys(value))


class ClientChangeSerializer(ClientInputSerializer):
    """A client as the body of PUT and PATCH: `status` archives it or brings it back."""

    status = serializers.ChoiceField(choices=Client.Status.choices, required=False)


class ContactSerializer(serializers.ModelSerializer[Contact]):
    """A person of a client; `user_id` is null while he cannot sign in."""

    client_id = serializers.UUIDField(read_only=True)
    user_id = serializers.UUIDField(read_only=True, allow_null=True)
    created_at = MillisecondField(read_only=True)
    updated_at = MillisecondField(read_only=True)

    class Meta:
        model = Contact
        fields = (
            "id", "client_id", "user_id", "first_name", "last_name", "email", "phone", "role",
            "is_primary", "is_billing", "created_at", "updated_at",
        )  # fmt: skip


class ContactInputSerializer(InputSerializer):
    """A contact as a body."""

    first_name = serializers.CharField(max_length=100)
    last_name = serializers.CharField(max_length=100, default="", allow_blank=True)
    email = serializers.EmailField(max_length=254)
    phone = serializers.CharField(max_length=40, default="", allow_blank=True)
    role = serializers.ChoiceField(choices=Contact.Role.choices, default=Contact.Role.MEMBER)
    is_primary = serializers.BooleanField(default=False)
    is_billing = serializers.BooleanField(default=False)


class NewContactSerializer(ContactInputSerializer):
    """A new contact; with a `password` he can sign in at once."""

    password = serializers.CharField(
        max_length=1000, trim_whitespace=False, default=None, write_only=True
    )
