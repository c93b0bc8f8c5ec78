"""Bodies of what is asked for, and done, with links in mails."""

from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

from apps.core.fields import InputSerializer, MillisecondField

# A name stands in mails and their heads: no line breaks, no other control characters.
ONE_LINE = RegexValidator(r"\A[^\x00-\x1f\x7f\u2028\u2029]*\Z", "Write it in one line.")


class NameField(serializers.CharField):
    """A first or last name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=100, validators=[ONE_LINE], **options)


class PasswordField(serializers.CharField):
    """A password as it was typed; its strength is judged by the service."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=1000, trim_whitespace=False, write_only=True, **options)


class EmailSerializer(InputSerializer):
    email = serializers.EmailField(max_length=254)


class NewPasswordSerializer(InputSerializer):
    password = PasswordField()


class LinkStateSerializer(serializers.Serializer[Any]):
    """That a link is good; nothing about its person."""

    expires_at = MillisecondField()
