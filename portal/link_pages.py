"""The pages that links in mails lead to. They work without scripts.

A GET or HEAD changes nothing, so a mail scanner may open a link as often as it likes (R21). Only
the button acts, and Django's check of forms guards it. No page keeps, sends on or redirects to
anything that the request names.
"""

from typing import Any, ClassVar

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views import View

from apps.accounts import services
from apps.accounts.errors import LinkGone, TokenInvalid
from apps.accounts.links import OLD_ADDRESS
from apps.accounts.models import OneTimeLink
from apps.accounts.sending_on import sent_on
from apps.clients import services as joining
from apps.core import throttles
from apps.core.errors import DomainError
from apps.organizations.services import organization_of_host
from portal import link_forms as forms
from portal.waiting import what_waits

Purpose = OneTimeLink.Purpose
HEADERS = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
    # With `no-referrer` a browser sends `Origin: null`, which the check of forms refuses. This
    # value sends the origin alone: the path, which holds the link, goes nowhere.
    "Referrer-Policy": "strict-origin",
}
GONE = {
    "title": "This link does not work any more",
    "lead": "It was used, or it has run out. Nothing was changed.",
}


class LinkPage(View):
    """A page with one form. Subclasses say what it shows and what its button does."""

    form: ClassVar[type[forms.Form]] = forms.NoFields
    again: ClassVar[tuple[str, str]] = ("/", "Go to sign-in")  # where to get a new link

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Return the view without Django's transaction: the services open their own."""
        return transaction.non_atomic_requests(super().as_view(**initkwargs))

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Serve the page with its headers; a link that is no good gets words and a way on."""
        try:
            response = super().dispatch(request, *args, **kwargs)
        except (LinkGone, TokenInvalid):
            response = self.said(**GONE, way=self.again, status=410)
        for name, value in HEADERS.items():
            response[name] = value
        return response

    def shown(self, token: str) -> dict[str, Any]:
        """Return what the page says; raises LinkGone, TokenInvalid."""
        raise NotImplementedError

    def act(self, token: str, values: dict[str, Any]) -> HttpResponse:
        """Do what the button says; raises DomainError."""
        raise NotImplementedError

    def form_of(self, shown: dict[str, Any]) -> type[forms.Form]:
        """Return the form of this page."""
        return self.form

    def get(self, request: HttpRequest, token: str = "") -> HttpResponse:
        """Show the page; nothing is changed."""
        shown = self.shown(token)
        return self._with_form(shown, self.form_of(shown)())

    def post(self, request: HttpRequest, token: str = "") -> HttpResponse:
        """Do it, or show the form with what is wrong."""
        shown = self.shown(token)
        form = self.form_of(shown)(request.POST)
        try:
            _count(request)
            if form.is_valid():
                return self.act(token, form.cleaned_data)
        except (LinkGone, TokenInvalid):
            raise
        except DomainError as error:
            form = self.form_of(shown)(request.POST)
            form.add_error("password" if "password" in form.fields else None, _words(error))
            return self._with_form(shown, form.marked(), error.status)
        return self._with_form(shown, form.marked(), 400)

    def said(
        self, *, title: str, lead: str, way: tuple[str, str] = ("/", "Go to sign-in"),
        status: int = 200, studio: str = "",
    ) -> HttpResponse:  # fmt: skip
        """Return a page with words and a way on."""
        context = {"title": title, "lead": lead, "way": way, "organization_name": studio}
        return self._rendered(context, status)

    def _with_form(
        self, shown: dict[str, Any], form: forms.Form, status: int = 200
    ) -> HttpResponse:
        return self._rendered(shown | {"form": form}, status)

    def _rendered(self, context: dict[str, Any], status: int) -> HttpResponse:
        if not context.get("organization_name"):
            organization = organization_of_host(self.request.get_host())
            context["organization_name"] = organization.name if organization else ""
        theme = self.request.COOKIES.get("theme", "")
        context["theme"] = theme if theme in {"light", "dark"} else ""
        return render(self.request, "client/door.html", context, status=status)


class InvitationPage(LinkPage):
    def shown(self, token: str) -> dict[str, Any]:
        """Who invites, and where to."""
        invitation = services.look_at_invitation(token)
        known = services.has_account(invitation.email)
        who = invitation.invited_by.name if invitation.invited_by else ""
        return {
            "organization_name": invitation.organization.name,
            "title": invitation.organization.name,
            "lead": f"Welcome. {who} invites you." if who else "Welcome. You are invited.",
            "facts": what_waits(invitation),
            "note": "You have an account with this address. Type its password." if known else "",
            "email": invitation.email,
            "button": "Accept and sign in",
            "known": known,
        }

    def form_of(self, shown: dict[str, Any]) -> type[forms.Form]:
        """Ask for a name and a new password only where there is no account."""
        return forms.Known if shown["known"] else forms.Newcomer

    def act(self, token: str, values: dict[str, Any]) -> HttpResponse:
        """Make the membership and sign the person in."""
        membership = joining.accept_invitation(token, **values)
        return sent_on(self.request, membership, method=joining.METHOD)


class RegistrationPage(LinkPage):
    form = forms.Known

    def shown(self, token: str) -> dict[str, Any]:
        """Whose account opens."""
        wish = services.look_at_registration(token)
        return {
            "organization_name": wish.organization.name,
            "title": "Confirm your address",
            "lead": "Type the password that you have chosen. Then your account is open.",
            "email": wish.email,
            "button": "Confirm and sign in",
        }

    def act(self, token: str, values: dict[str, Any]) -> HttpResponse:
        """Make the account and sign the person in."""
        membership = joining.confirm_registration(token, values["password"])
        return sent_on(self.request, membership, method=joining.METHOD)


class AskPage(LinkPage):
    """Asks for a link by mail; the answer is the same for every address."""

    form = forms.Address
    purpose: ClassVar[str]
    title: ClassVar[str]
    lead: ClassVar[str]

    def shown(self, token: str) -> dict[str, Any]:
        """What the mail is for."""
        return {"title": self.title, "lead": self.lead, "button": "Send the mail"}

    def act(self, token: str, values: dict[str, Any]) -> HttpResponse:
        """Note the wish; say the same to everybody."""
        services.request_link(values["email"], self.purpose)
        lead = "If this address has an account, a mail with a link is on its way. Look into your "
        return self.said(title="Look into your mail", lead=f"{lead}spam folder too.")


class AskForReset(AskPage):
    purpose = Purpose.PASSWORD_RESET
    title = "Forgot your password?"
    lead = "Type your address. We send you a link that sets a new password."


class AskForMagicLink(AskPage):
    purpose = Purpose.MAGIC_LINK
    title = "Sign in without a password"
    lead = "Type your address. We send you a link that signs you in once."


class PasswordResetPage(LinkPage):
    form = forms.NewPassword
    again = ("/password-reset", "Ask for a new link")

    def shown(self, token: str) -> dict[str, Any]:
        """Whose password it is."""
        link = services.look_at_link(token, Purpose.PASSWORD_RESET)
        return {
            "organization_name": link.membership.organization.name,
            "title": "Set a new password",
            "lead": "All your devices are signed out then.",
            "email": link.user.email,
            "button": "Set the password",
        }

    def act(self, token: str, values: dict[str, Any]) -> HttpResponse:
        """Set the password."""
        membership = services.reset_password(token, values["password"])
        return self.said(
            title="Your password is set", lead="Sign in with it now.",
            studio=membership.organization.name,
        )  # fmt: skip


class MagicLinkPage(LinkPage):
    again = ("/magic-link", "Ask for a new link")

    def shown(self, token: str) -> dict[str, Any]:
        """Who is signed in."""
        link = services.look_at_link(token, Purpose.MAGIC_LINK)
        name = link.membership.organization.name
        return {
            "organization_name": name,
            "title": name,
            "lead": f"Sign in as {link.user.email} on this device?",
            "button": "Sign in",
        }

    def act(self, token: str, values: dict[str, Any]) -> HttpResponse:
        """Use the link and sign the person in."""
        with transaction.atomic():
            membership = services.use_sign_in_link(token)
            return sent_on(self.request, membership, method="magic_link")


class VerifyEmailPage(LinkPage):
    def shown(self, token: str) -> dict[str, Any]:
        """Which address is confirmed."""
        link = services.look_at_link(token, Purpose.EMAIL_VERIFICATION)
        return {
            "organization_name": link.membership.organization.name,
            "title": "Confirm your address",
            "lead": f"Do mails reach you at {link.data['email']}?",
            "button": "Yes, confirm",
        }

    def act(self, token: str, values: dict[str, Any]) -> HttpResponse:
        """Confirm it."""
        services.verify_email(token)
        return self.said(title="Thank you", lead="Your address is confirmed.", way=HOME)


class EmailChangePage(LinkPage):
    def shown(self, token: str) -> dict[str, Any]:
        """From where to where, and what this address may say."""
        change, side = services.look_at_email_change(token)
        return {
            "organization_name": change.organization.name,
            "title": "Change your address?",
            "lead": "The change is made when both addresses have confirmed it.",
            "facts": (("Until now", change.old_email), ("New", change.new_email)),
            "button": "Confirm the change",
            "refuse": "This was not me" if side == OLD_ADDRESS else "Refuse",
        }

    def act(self, token: str, values: dict[str, Any]) -> HttpResponse:
        """Confirm or refuse, as the button says."""
        if "refuse" in self.request.POST:
            services.refuse_email_change(token)
            return self.said(
                title="The change is refused",
                lead="Your address stays as it is. If you did not ask for the change, set a new "
                "password now: it ends all sessions.",
                way=("/password-reset", "Set a new password"),
            )
        change = services.confirm_email_change(token)
        if change.completed_at is not None:
            return self.said(
                title="Your address is changed",
                lead=f"Sign in with {change.new_email} from now on.", way=HOME,
            )  # fmt: skip
        lead = "The change is made as soon as the other address has confirmed it too."
        return self.said(title="Thank you", lead=lead, way=HOME)


HOME = ("/", "Go to Home")


def _count(request: HttpRequest) -> None:
    """Count a form against the limit of its address; raises RateLimited."""
    address = request.META.get("REMOTE_ADDR", "")
    throttles.check(f"anonymous:{address}", throttles.rate(settings.ANONYMOUS_RATE))


def _words(error: DomainError) -> str:
    """Return what a refusal says to a person."""
    if isinstance(error.details, list) and error.details:
        return str(error.details[0]["message"])
    return error.message
