"""The forms of the pages that links in mails lead to. Their strength is judged by the services."""

from typing import Any, Self

from django import forms

from apps.accounts.link_serializers import ONE_LINE
from apps.accounts.services import PASSWORD_LENGTH

HINT = f"At least {PASSWORD_LENGTH[0]} characters. Common passwords are refused."


class Password(forms.CharField):
    """A password field; what was typed is never sent back."""

    def __init__(self, complete: str, hint: str = "", label: str = "Password") -> None:
        attrs = {"autocomplete": complete, "class": "input"}
        super().__init__(
            max_length=1000, strip=False, label=label, help_text=hint,
            widget=forms.PasswordInput(attrs=attrs),
        )  # fmt: skip


class Name(forms.CharField):
    """A first or last name."""

    def __init__(self, label: str, complete: str) -> None:
        attrs = {"autocomplete": complete, "class": "input"}
        super().__init__(
            max_length=100, label=label, validators=[ONE_LINE], widget=forms.TextInput(attrs=attrs)
        )


class Form(forms.Form):
    """A form whose fields know their ids without a colon after the label."""

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="%s", label_suffix="")
        for name, field in self.fields.items():
            if field.help_text:
                field.widget.attrs["aria-describedby"] = f"{name}-hint"

    def marked(self) -> Self:
        """Return the form with its wrong fields marked for those who hear the page."""
        for name in self.errors:
            if name in self.fields:
                hint = f" {name}-hint" if self.fields[name].help_text else ""
                described = {"aria-invalid": "true", "aria-describedby": f"{name}-fault{hint}"}
                self.fields[name].widget.attrs |= described
        return self


class NoFields(Form):
    """A button and nothing else."""


class Newcomer(Form):
    """Who accepts an invitation and has no account yet."""

    first_name = Name("First name", "given-name")
    last_name = Name("Last name", "family-name")
    password = Password("new-password", HINT, "Choose a password")


class Known(Form):
    """Who has an account already, or has chosen a password before."""

    password = Password("current-password")


class NewPassword(Form):
    """A new password."""

    password = Password("new-password", HINT, "New password")


class Address(Form):
    """An e-mail address."""

    email = forms.EmailField(
        max_length=254, label="E-mail",
        widget=forms.EmailInput(attrs={"autocomplete": "username", "class": "input"}),
    )  # fmt: skip
