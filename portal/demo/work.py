"""Projects in different phases, files with a question about them, and talk about the work."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from apps.approvals.services import decide, request_approval
from apps.core import clock
from apps.core.money import Money
from apps.core.tenancy import organization_scope
from apps.files.models import File
from apps.files.services import keep_uploads, take_in
from apps.messaging.services import mark_read, send_message, start_conversation
from apps.projects.models import Phase, Project
from apps.projects.services import change_project, complete_phase, create_project
from portal.demo.people import Studio

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
# (client's contact, name, phases done, days until due, budget in cents, description)
PROJECTS = (
    ("alice", "Spring tableware catalogue", 3, 21, 840_000, "Photography, layout and print."),
    ("alice", "Shop sign and opening hours", 5, 6, 210_000, "Hand-lettered sign for the shop."),
    ("bob", "Rebranding for the workshop", 1, 60, 1_250_000, "Name, logo and stationery."),
    ("bob", "Website refresh", 6, -4, 560_000, "New pages for joinery and restoration."),
    ("halina", "City bike launch poster", 8, -30, 180_000, "Three posters and social pictures."),
)
FILES = (
    ("alice", 0, "Catalogue layout.pdf", "brand-guide.pdf"),
    ("alice", 0, "Cover picture.png", "logo.png"),
    ("alice", 1, "Sign drawing.pdf", "brand-guide.pdf"),
    ("bob", 2, "Logo sketches.png", "logo.png"),
    ("bob", 3, "Page plan.pdf", "brand-guide.pdf"),
    ("halina", 4, "Poster final.pdf", "brand-guide.pdf"),
)
TALK = {
    "alice": (
        "Catalogue colours",
        (
            "Good morning. The first pages are in the files, have a look when you can.",
            "They look lovely. The blue of page four seems a little cold to me.",
            "We can warm it up. Shall we go nearer to the glaze of the big bowl?",
            "Yes please, that one.",
            "Done, the new version is up. Page four and page nine changed.",
            "Much better. When do you need my answer on the layout?",
            "By the end of the week would be perfect, the printer has a free slot.",
            "You will have it on Thursday.",
        ),
    ),
    "bob": (
        "Workshop name",
        (
            "Did the family agree on the name?",
            "My father wants to keep the ampersand.",
            "Good. It is the nicest letter in the whole logo anyway.",
            "Ha. Then we are all happy.",
            "I have put three sketches into the files.",
            "The second one. No doubt.",
        ),
    ),
    "halina": (
        "Posters",
        (
            "The posters arrived, they are great.",
            "Glad to hear it. Send us a picture when they hang.",
        ),
    ),
}


def make_work(studio: Studio) -> list[Project]:
    """Make projects, files, approvals and conversations; return the projects."""
    projects = [_project(studio, *spec) for spec in PROJECTS]
    files = [_file(studio, projects[place], name, sample) for _who, place, name, sample in FILES]
    _approvals(studio, files)
    for number, contact in enumerate(TALK):
        _talk(studio, contact, rounds=3 if number == 0 else 2)
    return projects


@contextmanager
def scene(studio: Studio, days_ago: float) -> Iterator[None]:
    """Run the block in a transaction of the studio, some days in the past."""
    with clock.moved(timedelta(days=-days_ago)), organization_scope(studio.organization.id):
        yield


def _project(
    studio: Studio, contact: str, name: str, done: int, days: int, cents: int, text: str
) -> Project:
    owner, staff = studio.people["owner"].actor(), studio.people["staff"].actor()
    client = studio.clients[contact]
    with scene(studio, 40):
        project = create_project(
            owner, client_id=client.id, name=name, description=text,
            manager_id=studio.user_id("staff"), start_date=clock.today(),
            due_date=clock.today() + timedelta(days=40 + days), budget=Money(cents, "EUR"),
            priority="high" if days < 10 else "medium",
        )  # fmt: skip
        change_project(owner, project, status="in_progress")
    keys = [phase.key for phase in _phases(studio, project)]
    for step, key in enumerate(keys[:done]):
        with scene(studio, 36 - 4 * step):
            locked = Project.objects.select_for_update().get(id=project.id)
            complete_phase(staff, locked, key, reason="Agreed on the phone", skip=True)
    return project


def _phases(studio: Studio, project: Project) -> list[Phase]:
    with organization_scope(studio.organization.id):
        return list(project.phases.order_by("position"))


def _file(studio: Studio, project: Project, name: str, sample: str) -> File:
    """Upload a sample under a name of its own; a comment at the end makes its hash its own."""
    content = (SAMPLES / sample).read_bytes()
    if sample.endswith(".pdf"):
        content += f"\n% {name}\n".encode()
    taken = take_in(io.BytesIO(content), name, max_bytes=10_000_000)
    with scene(studio, 9):
        (file,) = keep_uploads(
            studio.people["staff"].actor(), [taken], project_id=project.id, visibility="client"
        )
    return file


def _approvals(studio: Studio, files: list[File]) -> None:
    """Two open questions, and one that was answered."""
    staff = studio.people["staff"].actor()
    with scene(studio, 8):
        answered = request_approval(
            staff, subject_id=files[2].id, question="May we paint the sign as drawn?",
            approvers=[studio.user_id("alice")],
        )  # fmt: skip
    with scene(studio, 5):
        decide(studio.people["alice"].actor(), answered, decision="approved", version=1)
    for place, contact, question in (
        (0, "alice", "Is the layout of the catalogue ready for the printer?"),
        (4, "bob", "Do these pages say what your workshop does?"),
    ):
        with scene(studio, 2):
            request_approval(
                staff, subject_id=files[place].id, question=question,
                approvers=[studio.user_id(contact)],
                due_date=clock.today() + timedelta(days=5),
            )  # fmt: skip


def _talk(studio: Studio, contact: str, rounds: int) -> None:
    """Write a conversation; the last message is still unread by its reader."""
    subject, lines = TALK[contact]
    pair = (studio.people["staff"], studio.people[contact])
    with scene(studio, 20):
        conversation = start_conversation(
            pair[0].actor(), participant_ids=[pair[1].user_id], subject=subject
        )
    told = [line for _round in range(rounds) for line in lines][: rounds * len(lines) - 1]
    for number, line in enumerate(told):
        speaker, reader = pair[number % 2], pair[(number + 1) % 2]
        with scene(studio, 18 - number * 0.45):
            message = send_message(speaker.actor(), conversation.id, body=line)
            if number < len(told) - 1:
                mark_read(reader.actor(), conversation.id, up_to=message.id)
