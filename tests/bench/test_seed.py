"""The bench's data set fills in one go, twice the same, and only where nobody's rows are."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.accounts.models import Membership
from apps.accounts.services import sign_in
from apps.core.tenancy import organization_scope
from apps.files.models import File
from apps.invoices.models import Invoice, Line
from apps.messaging.models import Conversation, Message, Participant
from apps.notifications.models import Notification
from apps.organizations.models import Organization
from apps.projects.models import Phase, Project
from portal.benching.data import EMAIL, PASSWORD
from portal.benching.filling import WRITTEN
from portal.benching.jobs import faces
from portal.benching.queries import queries_of
from portal.benching.rows import row_id
from tests.conftest import api
from tests.factories import make_organization

pytestmark = pytest.mark.django_db(transaction=True)
MODELS = (Project, Phase, Invoice, Line, Notification, Conversation, Participant, Message, File)


def seed(*arguments: str) -> str:
    output = StringIO()
    call_command("bench_seed", *arguments, stdout=output)
    return output.getvalue()


def staff() -> Membership:
    return Membership.objects.select_related("user", "organization").get(user__email=EMAIL)


def totals() -> dict[str, int]:
    with organization_scope(staff().organization_id):
        return {model.__name__: model._default_manager.count() for model in MODELS}


def test_the_data_fills_to_scale_and_a_repeat_gives_the_same() -> None:
    seed("--scale", "0.01")
    first = totals()
    assert first["Project"] == 20
    assert first["Phase"] == 160
    assert first["Line"] == 3 * first["Invoice"] == 300
    assert first["Message"] == first["Notification"] == 1000
    seed("--scale", "0.01")
    assert totals() == first
    assert Organization.objects.count() == 1


def test_numbers_and_marks_of_conversations_agree_with_their_messages() -> None:
    seed("--scale", "0.01")
    with organization_scope(staff().organization_id):
        for conversation in Conversation.objects.all():
            numbers = conversation.messages.values_list("number", flat=True).order_by("number")
            assert list(numbers) == list(range(1, conversation.last_number + 1))
        assert Conversation.objects.get(id=row_id(Conversation, 1)).last_number >= 50


def test_sums_of_invoices_agree_with_their_lines() -> None:
    seed("--scale", "0.01")
    with organization_scope(staff().organization_id):
        for invoice in Invoice.objects.prefetch_related("lines"):
            lines = invoice.lines.all()
            assert invoice.subtotal_minor == sum(line.net_minor for line in lines)
            assert invoice.total_minor == sum(line.net_minor + line.tax_minor for line in lines)


def test_each_person_of_a_conversation_is_of_its_clients_company() -> None:
    seed("--scale", "0.01")
    with organization_scope(staff().organization_id):
        for person in Participant.objects.select_related("conversation__project"):
            membership = Membership.objects.get(user_id=person.user_id)
            project = person.conversation.project
            assert membership.role == "admin" or (
                project is not None and project.client_id in membership.client_ids
            )


def test_everybody_can_sign_in_and_sees_his_own() -> None:
    seed("--scale", "0.01")
    assert sign_in(email=EMAIL, password=PASSWORD).membership.role == "admin"
    contact = sign_in(email="client2@example.com", password=PASSWORD).membership
    answer = api(contact).get("/api/v1/projects").json()
    assert {row["client_id"] for row in answer["data"]} == {str(contact.client_ids[0])}


def test_what_the_jobs_wrote_is_removed_and_the_rest_stays() -> None:
    seed("--scale", "0.01")
    before = totals()
    write = faces()["v1"]["paths"]["write"]
    assert api(staff()).post(write["path"], write["body"]).status_code == 201
    assert totals()["Project"] == before["Project"] + 1
    assert seed("--clean").strip() == "1 projects removed."
    assert totals() == before
    with organization_scope(staff().organization_id):
        assert not Project.objects.filter(name=WRITTEN).exists()


def test_a_database_of_somebody_else_is_refused() -> None:
    make_organization("Somebody")
    with pytest.raises(CommandError, match="one of its own"):
        seed("--scale", "0.01")
    assert Organization.objects.count() == 1


def test_each_job_of_the_versioned_face_answers_within_its_queries() -> None:
    from bench.goals import QUERIES, missed_queries

    seed("--scale", "0.01")
    counted = queries_of(faces()["v1"])
    lists = {job: counted[job] for job in ("projects_plain", "clients", "invoices", "files")}
    assert missed_queries({"v1": lists}) == []
    assert None not in counted.values()
    assert set(counted) <= set(QUERIES)


def test_the_data_set_leaves_row_security_on() -> None:
    seed("--scale", "0.01")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM projects_project")
        assert cursor.fetchone() == (0,)
