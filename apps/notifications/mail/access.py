"""Mails with a link that opens an account, or moves it: invitations, resets, sign-in links.

The link is made again from its row when the mail is written; events never hold one. Such a mail
is sensitive: its words are removed from the table once it has left. What strangers typed, such as
the names of a sign-up, does not stand in a mail that they can send to anybody.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from apps.accounts.links import INVITATION, NEW_ADDRESS, OLD_ADDRESS, REGISTRATION, link_text
from apps.accounts.models import EmailChange, Invitation, LinkRequest, OneTimeLink, Registration
from apps.accounts.models import User as Person
from apps.accounts.services import has_account, link_for
from apps.clients.models import Client
from apps.events.models import Event
from apps.notifications.mail.letters import Words, name_of, one_line


@dataclass(frozen=True, slots=True)
class AccessLetter:
    """A mail about access: to whom, and what it says."""

    to: str
    user: Person | None
    subject: str
    title: str
    lead: str
    facts: tuple[str, ...]
    button: str
    path: str
    reason: str


Letters = Iterator[AccessLetter]
ASKED = "You get this mail because somebody asked for it with your address."


def access_letters(event: Event, studio: str) -> Letters:
    """Yield the letters of an event that `ACCESS` names."""
    yield from ACCESS[name_of(event)](event, studio)


def write_access(letter: AccessLetter, look: Mapping[str, str]) -> Words:
    """Return the words of a letter; the link leads to a page of the public address.

    `look` holds the studio's name and colours.
    """
    subject = one_line(letter.subject)
    context = {
        **look, "first_name": letter.user.first_name if letter.user else "",
        "subject": subject, "title": letter.title, "lead": letter.lead, "facts": letter.facts,
        "link": f"{settings.PUBLIC_URL.rstrip('/')}{letter.path}", "button": letter.button,
        "reason": letter.reason,
    }  # fmt: skip
    return Words(
        subject,
        text=render_to_string("mail/access.txt", context),
        html=render_to_string("mail/access.html", context),
    )


def _invitation(event: Event, studio: str) -> Letters:
    row = Invitation.objects.select_related("invited_by").get(id=event.aggregate_id)
    if row.accepted_at or row.revoked_at:
        return
    who = row.invited_by.name if row.invited_by else studio
    clients = Client.objects.filter(organization_id=row.organization_id)
    client = clients.filter(id=row.client_id).first() if row.client_id else None
    place = f"for {client.name}" if client else f"to the team, as {row.role}"
    yield AccessLetter(
        to=row.email, user=None,
        subject=f"{who} invites you to {studio}",
        title=f"Welcome to {studio}",
        lead=f"{who} invites you {place}. Open the page and choose a password; then you are in.",
        facts=(f"Your sign-in name: {row.email}", f"The invitation ends on {_day(row.expires_at)}"),
        button="Accept the invitation",
        path=f"/invitations/{link_text(row.id, INVITATION)}",
        reason=f"You get this mail because {who} has your address. If you do not know why, ignore "
        "it: without you nothing happens.",
    )  # fmt: skip


def _registration(event: Event, studio: str) -> Letters:
    row = Registration.objects.get(id=event.aggregate_id)
    if has_account(row.email):
        yield AccessLetter(
            to=row.email, user=None,
            subject=f"Your account at {studio}",
            title="You already have an account",
            lead="Somebody, perhaps you, wanted to sign up with this address. Sign in with the "
            "password that you have, or set a new one.",
            facts=(f"Your sign-in name: {row.email}",),
            button="Set a new password",
            path="/password-reset",
            reason=f"{ASKED} If it was not you, there is nothing to do.",
        )  # fmt: skip
        return
    yield AccessLetter(
        to=row.email, user=None,
        subject=f"Your account at {studio}",
        title="Confirm your address",
        lead="Open the page and type the password that you have chosen. Then your account is open.",
        facts=(f"Your sign-in name: {row.email}", f"The link works until {_day(row.expires_at)}"),
        button="Confirm my address",
        path=f"/registrations/{link_text(row.id, REGISTRATION)}",
        reason=f"{ASKED} If it was not you, ignore it: without you no account is made.",
    )  # fmt: skip


def _reset(event: Event, _studio: str) -> Letters:
    for link in _wished(event):
        yield AccessLetter(
            to=link.user.email, user=link.user,
            subject="Set a new password",
            title="Set a new password",
            lead="Open the page and choose a new password. All devices are signed out then.",
            facts=("The link works once, for one hour.",),
            button="Choose a new password",
            path=f"/password-reset/{link_text(link.id, link.purpose)}",
            reason=f"{ASKED} If it was not you, ignore it: your password stays.",
        )  # fmt: skip


def _magic_link(event: Event, _studio: str) -> Letters:
    for link in _wished(event):
        yield AccessLetter(
            to=link.user.email, user=link.user,
            subject="Your sign-in link",
            title="Sign in with this link",
            lead="Open the page and press its button on the device where you want to work.",
            facts=("The link works once, for 15 minutes.", "Give it to nobody."),
            button="Sign in",
            path=f"/magic-link/{link_text(link.id, link.purpose)}",
            reason=f"{ASKED} If it was not you, ignore it: nobody is signed in.",
        )  # fmt: skip


def _wished(event: Event) -> Iterator[OneTimeLink]:
    """Yield the link that a wish asks for, made now; nothing for an unknown address."""
    rows = LinkRequest.objects.select_related("membership__user", "membership__organization")
    wish = rows.filter(id=event.aggregate_id).first()
    link = link_for(wish) if wish is not None else None
    if link is not None:
        yield link


def _verification(event: Event, studio: str) -> Letters:
    link = OneTimeLink.objects.select_related("user").get(id=event.aggregate_id)
    yield AccessLetter(
        to=link.data["email"], user=link.user,
        subject="Confirm your address",
        title="Confirm your address",
        lead=f"Open the page and press its button. Then {studio} knows that mails reach you.",
        facts=(link.data["email"], f"The link works until {_day(link.expires_at)}"),
        button="Confirm my address",
        path=f"/verify-email/{link_text(link.id, link.purpose)}",
        reason="You get this mail because you asked for it in your account.",
    )  # fmt: skip


def _email_change(event: Event, studio: str) -> Letters:
    row = EmailChange.objects.select_related("user").get(id=event.aggregate_id)
    until = f"Both addresses must confirm until {_day(row.expires_at)}"
    facts = (f"Until now: {row.old_email}", f"New: {row.new_email}", until)
    yield AccessLetter(
        to=row.old_email, user=row.user,
        subject="Your sign-in address is about to change",
        title="Do you want to change your address?",
        lead="Somebody who is signed in as you wants another address for your account. Confirm it "
        "if it was you. If not, refuse it on the same page, and set a new password.",
        facts=facts,
        button="Confirm or refuse",
        path=f"/email-change/{link_text(row.id, OLD_ADDRESS)}",
        reason="You get this mail because it concerns the safety of your account.",
    )  # fmt: skip
    if has_account(row.new_email):  # its owner did not ask for anything
        return
    yield AccessLetter(
        to=row.new_email, user=None,
        subject="Confirm your new address",
        title="Is this your new address?",
        lead=f"Confirm that mails of {studio} reach you here. The old address must confirm too.",
        facts=(f"New: {row.new_email}", until),
        button="Confirm the new address",
        path=f"/email-change/{link_text(row.id, NEW_ADDRESS)}",
        reason=f"{ASKED} If it was not you, ignore it.",
    )  # fmt: skip


def _day(moment: Any) -> str:
    return f"{moment:%A %-d %B %Y, %H:%M} UTC"


ACCESS: dict[str, Callable[[Event, str], Letters]] = {
    "user.invited": _invitation,
    "registration.requested": _registration,
    "password_reset.requested": _reset,
    "magic_link.requested": _magic_link,
    "email_verification.requested": _verification,
    "email_change.requested": _email_change,
}
