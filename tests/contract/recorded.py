"""The recorded contract of the old server: where it lies, and what is done with each exchange."""

import os
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings

ROOT = Path(os.environ.get("NODE_CONTRACT") or settings.BASE_DIR.parent / "shared/node-contract")
IS_THERE = (ROOT / "exchanges.jsonl").is_file()
AREAS = ("auth", "health", "projects", "clients", "files", "messages", "invoices", "notifications")


@cache
def exchanges() -> dict[int, dict[str, Any]]:
    """Return the recorded exchanges by their number."""
    lines = (ROOT / "exchanges.jsonl").read_bytes().splitlines()
    return {row["n"]: row for row in map(orjson.loads, lines)}


@cache
def endpoints() -> dict[str, dict[str, Any]]:
    """Return the calls of the pages by their name."""
    found = orjson.loads((ROOT / "endpoints.json").read_bytes())["endpoints"]
    return {row["id"]: row for row in found}


def area_of(path: str) -> str:
    """Return the first word below /api/."""
    return path.split("?", maxsplit=1)[0].split("/")[2]


DEFECT = "old defect: "
# What the contract's README decides otherwise than the old server answered: number -> status.
OTHER_STATUS: dict[int, tuple[int, str]] = {
    11: (401, "a bad token is 401"),
    12: (200, "the page needs the route"),
    19: (201, DEFECT + "a trigger without its column"),
    31: (404, "a foreign row is 404"),
    36: (200, "the team sees the details too"),
    39: (200, DEFECT + "500"),
    41: (200, "`active` is accepted"),
    42: (403, "no service lets a contact describe a project yet"),
    43: (403, "no service lets a contact describe a project yet"),
    45: (200, "the page needs the route"),
    46: (200, "the page needs the route"),
    72: (404, "a foreign row is 404"),
    74: (201, DEFECT + "the process ended"),
    77: (404, DEFECT + "the process ended"),
    78: (404, DEFECT + "the process ended"),
    79: (404, DEFECT + "the process ended"),
    80: (404, DEFECT + "the process ended"),
    83: (201, "the form of the admin page is accepted"),
    89: (404, "a draft is not shown to the client"),
    91: (400, DEFECT + "500 for an id that is none"),
    93: (200, DEFECT + "500"),
    108: (201, "the field `file` is accepted"),
    115: (200, "a folder may begin with a slash"),
    117: (200, DEFECT + "500"),
    118: (200, "a token in the address is accepted here"),
    119: (200, DEFECT + "500"),
    122: (200, "a PDF is shown in the page"),
    123: (200, "a token in the address is accepted here"),
    124: (404, "a foreign row is 404"),
    125: (200, DEFECT + "500"),
    128: (200, DEFECT + "500"),
    134: (201, DEFECT + "the process ended"),
    234: (200, DEFECT + "hidden by another route"),
    289: (200, DEFECT + "500"),
    295: (403, "only the author deletes a message"),
}
LATER: dict[int, str] = {
    34: "the claims of a token are not shown",
    **dict.fromkeys(range(47, 52), "milestones and progress by hand come with their tables"),
    75: "follows 74, which is replayed alone; see test_clients",
    95: "PDF comes with the documents issue",
    96: "needed a live provider; see test_invoices",
    98: "the provider's webhook comes with that provider",
    126: "files of a phase come with deliverables",
    127: "print checks come with proofs",
    140: "attachments of this face come with uploads into messages",
    141: "presence comes with the live issue",
    142: "presence comes with the live issue",
    143: "broadcasts have no service yet",
    144: "broadcasts have no service yet",
    230: "marking as unread has no service yet",
    235: "preferences have no table yet",
    236: "preferences have no table yet",
    237: "notifications are made by the event log only",
    238: "notifications are made by the event log only",
    **dict.fromkeys(range(281, 289), "proofs come with their issue"),
    296: "follows 295, a deletion that is replayed alone",
    308: "preferences have no table yet",
}
# Members whose kind the pages need otherwise: an object with `content`, not a text.
OTHER_KIND = {"last_message"}
# Members of old answers that are left out, because the portal has no such fact.
ABSENT = {
    "total_milestones", "completed_milestones", "milestones", "recent_activity",
    "activity_count", "email_verified", "download_count", "stored_name", "discount_amount",
    "is_recurring", "is_archived", "recipient_first_name", "recipient_last_name",
    "recipient_email", "metadata", "stack", "value",
}  # fmt: skip


def is_replayed(number: int) -> bool:
    """Whether an exchange is replayed against this slice."""
    row = exchanges()[number]
    unknown = number in {291, 292}
    return (area_of(row["request"]["path"]) in AREAS or unknown) and number not in LATER
