"""Shapes of single sign-on."""

from typing import Any

from rest_framework import serializers

from apps.core.fields import InputSerializer


class OfOrganizationSerializer(InputSerializer):
    """What is asked before anybody is known: the tenant is that of the host unless named."""

    organization = serializers.SlugField(
        max_length=60, required=False, help_text="Its slug, where the host does not tell."
    )


class DiscoverySerializer(OfOrganizationSerializer):
    email = serializers.EmailField(max_length=254)


class StartSerializer(OfOrganizationSerializer):
    email = serializers.EmailField(
        max_length=254, required=False, help_text="Shown by the provider in its own form."
    )
    next = serializers.CharField(
        source="destination",
        max_length=200,
        required=False,
        allow_blank=True,
        help_text="A place of the web client, such as /invoices.",
    )


class ExchangeSerializer(OfOrganizationSerializer):
    provider = serializers.SlugField(max_length=40)
    assertion = serializers.CharField(max_length=16_000, help_text="The signed JWT.")


class OfferSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    type = serializers.CharField(source="kind", help_text="`oauth` or `saml`.")
    title = serializers.CharField()
    is_required = serializers.BooleanField(help_text="The only way in for this address.")


class OffersSerializer(serializers.Serializer[Any]):
    providers = OfferSerializer(many=True)


class StartedSerializer(serializers.Serializer[Any]):
    authorization_url = serializers.CharField()
