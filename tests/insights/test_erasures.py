"""Erasing a person leaves money and audit true (P23, R34)."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum

from apps.accounts.models import ExternalIdentity, Membership, OneTimeLink, Session, User
from apps.accounts.services import issue_link
from apps.approvals.models import Decision
from apps.clients.models import Client, Contact
from apps.core.tenancy import organization_scope
from apps.events.jobs import run_due
from apps.events.models import Event, Job
from apps.events.services import broken_events
from apps.files.models import FileVersion
from apps.insights.models import Erasure
from apps.invoices.models import Invoice
from apps.ledger.models import Posting
from apps.messaging.models import Message
from tests.approvals.factories import answer as decide
from tests.approvals.factories import make_approval
from tests.conftest import access_token, api, events_of
from tests.factories import make_member
from tests.files.factories import make_file, make_shared_file
from tests.insights.factories import ERASURES, erase, export_of, opened, part, places_of, settle
from tests.invoices.factories import make_invoice
from tests.messaging.factories import make_conversation, make_message
from tests.notifications.mails import make_mail

PHONE = "+49 30 9018 2020"


@pytest.fixture
def life(alice: Membership, staff: Membership, owner: Membership, client_a: Client) -> Any:
    """Alice has left traces in every part of the portal."""
    alice.user.phone = PHONE
    alice.user.save(update_fields=["phone"])
    talk = make_conversation(staff, alice, subject="Logo")
    for person in (staff, alice):
        make_message(talk, person, f"from {person.role}")
    make_file(alice, name="sketch.pdf", client_id=client_a.id)
    approval = make_approval(staff, make_shared_file(staff, client_a), [alice])
    decide(alice, approval.id)
    make_invoice(client_a)
    make_mail(alice)
    make_mail(owner, text=f"{alice.user.name} wrote", html=f"<p>{alice.user.email}</p>")
    api(None).post("/api/v1/auth/login", {"email": alice.user.email, "password": "wrong"})
    contact = f"/api/v1/clients/{client_a.id}/contacts/{_contact(alice).id}"
    assert api(owner).patch(contact, {"phone": PHONE}).status_code == 200
    with organization_scope(alice.organization_id):
        issue_link(alice, OneTimeLink.Purpose.MAGIC_LINK)
    export_of(alice)
    return talk


def _contact(person: Membership) -> Contact:
    with organization_scope(person.organization_id):
        return Contact.objects.get(user_id=person.user_id)


def totals(person: Membership) -> dict[str, Any]:
    with organization_scope(person.organization_id):
        return {
            "invoices": Invoice.objects.aggregate(total=Sum("total_minor"), paid=Sum("paid_minor")),
            "ledger": Posting.objects.aggregate(sum=Sum("amount")),
            "postings": Posting.objects.count(),
        }


def test_p23_r34_no_name_mail_or_phone_is_left_anywhere(
    owner: Membership, alice: Membership, life: Any
) -> None:
    texts = (alice.user.email, alice.user.name, PHONE)
    assert "events_event.body" in places_of(texts[0], alice.organization)
    erasure = erase(owner, alice)
    found = {text: places_of(text, alice.organization) for text in texts}
    assert found == {text: [] for text in texts}
    assert erasure.finished_at is not None
    person = User.objects.get(id=alice.user_id)
    assert person.name == erasure.pseudonym
    assert not person.is_active


def test_r34_invoices_ledger_and_both_chains_stay_true(
    owner: Membership, alice: Membership, life: Any
) -> None:
    before, numbered = totals(alice), len(events_of(alice))
    hashes = [bytes(event.hash) for event in events_of(alice)]
    erase(owner, alice)
    assert totals(alice) == before
    after = events_of(alice)
    assert [bytes(event.hash) for event in after][:numbered] == hashes
    assert list(broken_events(alice.organization_id)) == []
    call_command("audit", "verify")
    call_command("payments", "verify")


def test_r34_sessions_links_and_access_end_at_once(
    owner: Membership, alice: Membership, life: Any
) -> None:
    signed_in = api(alice)
    assert signed_in.get("/api/v1/users/me").status_code == 200
    assert api(owner).post(f"/api/v1/users/{alice.user_id}/erasures", {}).status_code == 202
    assert signed_in.get("/api/v1/users/me").status_code == 401
    settle(alice.organization_id)
    run_due()
    assert not Session.objects.filter(user_id=alice.user_id).exists()
    assert not OneTimeLink.objects.filter(user_id=alice.user_id).exists()
    body = {"email": alice.user.email, "password": "correct horse"}
    assert api(None).post("/api/v1/auth/login", body).status_code == 401


def test_r34_messages_go_only_on_request(
    owner: Membership, alice: Membership, bob: Membership, staff: Membership, life: Any
) -> None:
    kept = make_conversation(staff, bob)
    make_message(kept, bob, "from bob")
    erase(owner, bob)
    erase(owner, alice, erase_messages=True)
    with organization_scope(alice.organization_id):
        bodies = set(Message.objects.values_list("body", flat=True))
    assert bodies == {"from staff", "from bob", ""}


def test_r34_the_report_counts_what_went_and_says_what_the_law_keeps(
    owner: Membership, alice: Membership, life: Any
) -> None:
    erasure = erase(owner, alice, erase_messages=True, reason="Asked by letter of Alice Tester")
    shown = api(owner).get(f"{ERASURES}/{erasure.id}").json()["data"]
    report = shown["report"]
    erased = report["erased"]
    assert (erased["messaging.messages"], erased["clients.contacts"]) == (1, 1)
    assert (erased["insights.exports"], erased["accounts.people"]) == (1, 1)
    assert erased["events.bodies"] > 5
    invoices, audit = report["kept"]
    assert (invoices["what"], invoices["count"]) == ("invoices and their ledger entries", 1)
    assert invoices["until"].endswith("-12-31")
    assert audit["count"] >= 5
    assert "Tester" not in str(shown)
    told = [event for event in events_of(owner) if event.kind == "user.erased"]
    assert [event.audience for event in told] == ["system"]


def test_files_and_decisions_stay_under_the_pseudonym(
    owner: Membership, alice: Membership, life: Any
) -> None:
    erasure = erase(owner, alice)
    with organization_scope(alice.organization_id):
        version = FileVersion.objects.get(name="sketch.pdf")
        decision = Decision.objects.get()
    assert version.created_by.name == erasure.pseudonym
    assert (decision.person, decision.address, decision.decision) == (
        erasure.pseudonym, "", "approved",
    )  # fmt: skip


def test_a_person_asks_for_himself_and_others_may_not(
    alice: Membership, bob: Membership, staff: Membership, life: Any
) -> None:
    url = f"/api/v1/users/{alice.user_id}/erasures"
    assert api(bob).post(url, {}).status_code == 404
    assert api(staff).post(url, {}).status_code == 403
    erase(alice, alice)
    assert not User.objects.get(id=alice.user_id).is_active


def test_the_last_owner_stays(owner: Membership, staff: Membership) -> None:
    url = f"/api/v1/users/{owner.user_id}/erasures"
    refused = api(owner).post(url, {})
    assert (refused.status_code, refused.json()["details"]["rule"]) == (409, "last_owner")
    make_member(owner.organization, "owner")
    assert api(owner).post(url, {}).status_code == 202


def test_twice_is_refused_and_the_job_cannot_be_stopped(
    owner: Membership, alice: Membership
) -> None:
    url = f"/api/v1/users/{alice.user_id}/erasures"
    job_id = api(owner).post(url, {}).json()["data"]["job_id"]
    assert api(owner).post(url, {}).json()["details"]["rule"] == "erased_already"
    stop = api(owner).post(f"/api/v1/jobs/{job_id}/cancellations")
    assert stop.json()["details"]["rule"] == "job_not_cancellable"


@pytest.mark.parametrize("body", [{"erase_messages": "perhaps"}, {"reason": "x" * 501}, {"all": 1}])
def test_a_wrong_body_is_refused(owner: Membership, alice: Membership, body: Any) -> None:
    assert api(owner).post(f"/api/v1/users/{alice.user_id}/erasures", body).status_code == 400


def test_an_organization_forgets_and_another_keeps_the_account(
    owner: Membership, alice: Membership, mallory: Membership, life: Any
) -> None:
    there = Membership.objects.create(
        organization=mallory.organization, user=alice.user, role="staff"
    )
    elsewhere = access_token(there)
    erasure = erase(owner, alice)
    assert not erasure.is_account
    person = User.objects.get(id=alice.user_id)
    assert (person.email, person.is_active) == (alice.user.email, True)
    client = api(None)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {elsewhere}")
    assert client.get("/api/v1/users/me").status_code == 200
    with organization_scope(alice.organization_id):
        senders = set(Message.objects.values_list("sender__first_name", flat=True))
        assert not Message.objects.filter(sender=person).exists()
    assert senders == {"Staff", "Person"}
    assert not Membership.objects.filter(
        organization=alice.organization, user=person
    ).exists()  # fmt: skip
    found = {text: places_of(text, alice.organization) for text in (person.name, PHONE)}
    assert found == {person.name: [], PHONE: ["accounts_user.phone"]}


def test_r34_what_hangs_on_the_account_goes_without_being_named(
    owner: Membership, alice: Membership
) -> None:
    with organization_scope(alice.organization_id):
        ExternalIdentity.objects.create(
            organization=alice.organization, user=alice.user, provider="corp", system="https://i",
            external_id="alice-at-corp",
        )  # fmt: skip
    exported = part(opened(alice, export_of(alice)), "external_identitys")
    assert [row["external_id"] for row in exported] == ["alice-at-corp"]
    erasure = erase(owner, alice)
    assert erasure.report
    assert erasure.report["erased"]["accounts.externalidentity"] == 1
    assert places_of("alice-at-corp", alice.organization) == []


def test_a_killed_worker_goes_on_where_it_stopped(
    owner: Membership, alice: Membership, life: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []

    def interrupt(name: str) -> None:
        if name == "jobs.after_step":
            steps.append(name)
            if len(steps) == 6:
                raise KeyboardInterrupt

    monkeypatch.setattr("apps.core.failpoints.hit", interrupt)
    settle(alice.organization_id)
    assert api(owner).post(f"/api/v1/users/{alice.user_id}/erasures", {}).status_code == 202
    settle(alice.organization_id)
    with pytest.raises(KeyboardInterrupt):
        run_due()
    with organization_scope(alice.organization_id):
        Job.objects.filter(kind="erase_person").update(lease_until="2020-01-01T00:00:00Z")
    assert run_due() == 1
    with organization_scope(alice.organization_id):
        done = Erasure.objects.get()
    assert done.finished_at is not None
    assert done.report
    assert done.report["erased"]["insights.exports"] == 1
    assert places_of(alice.user.email, alice.organization) == []


def test_events_wait_until_every_consumer_has_read_them(
    owner: Membership, alice: Membership, life: Any
) -> None:
    assert api(owner).post(f"/api/v1/users/{alice.user_id}/erasures", {}).status_code == 202
    run_due()
    with organization_scope(alice.organization_id):
        job = Job.objects.get(kind="erase_person")
        assert job.status == "queued"
        assert Event.objects.filter(actor_id=alice.user_id, body__isnull=False).exists()
        Job.objects.update(due_at="2020-01-01T00:00:00Z")
    settle(alice.organization_id)
    assert run_due() == 1
    assert places_of(alice.user.email, alice.organization) == []


def test_the_command_erases_and_prints_the_report(
    alice: Membership, life: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settle(alice.organization_id)
    call_command("erase_person", alice.user.email, "--organization", alice.organization.slug)
    assert "the workers go on" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no such person"):
        call_command("erase_person", "a@b.example", "--organization", alice.organization.slug)


def test_r34_names_of_other_alphabets_and_quotes_are_found(
    owner: Membership, alice: Membership, client_a: Client, life: Any
) -> None:
    alice.user.first_name, alice.user.last_name = 'Zoë "Z"', "O'Łukasz\\"
    alice.user.save(update_fields=["first_name", "last_name"])
    make_message(life, alice, "hello")  # its event holds the sender's name
    name = alice.user.name
    assert places_of("O'Łukasz", alice.organization) != []
    erase(owner, alice)
    assert places_of(name, alice.organization) == []
    assert places_of("O'Łukasz", alice.organization) == []
