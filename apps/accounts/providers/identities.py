"""What a provider says of a person, and the two ways in which it can fail to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Identity:
    """A person as his provider knows him: `system` issued `external_id` and never reissues it.

    `claims` is all that was signed; role maps read it.
    """

    system: str
    external_id: str
    email: str = ""
    is_email_verified: bool = False
    first_name: str = ""
    last_name: str = ""
    claims: Mapping[str, Any] = field(default_factory=dict)


class ProofRefused(Exception):
    """The proof is not good; `reason` is a word that is told to the caller and never changes."""

    def __init__(self, reason: str, note: str = "") -> None:
        super().__init__(reason)
        self.reason, self.note = reason, note


class ProviderAway(Exception):
    """The provider's server did not answer, or not with what its protocol promises."""

    def __init__(self, note: str, *, timed_out: bool = False) -> None:
        super().__init__(note)
        self.note, self.timed_out = note, timed_out


def exact(value: Any, most: int = 255) -> str:
    """Return a text that names somebody, unchanged; none where it would have to be changed.

    What is cut or cleaned could become the name of somebody else.
    """
    if not isinstance(value, str) or len(value) > most or not value.isprintable():
        return ""
    return value if value == value.strip() else ""


def address(value: Any) -> str:
    """Return an e-mail address with one `@`, unchanged; none for anything else."""
    text = exact(value, 254)
    is_whole = text.count("@") == 1 and " " not in text and not text.startswith("@")
    return text if is_whole else ""


def word(value: Any, most: int) -> str:
    """Return a claim's text, cut to `most` characters; anything but a text is none.

    Control characters are dropped: names and addresses end up in headers of mails.
    """
    if not isinstance(value, str):
        return ""
    return "".join(char for char in value if char.isprintable()).strip()[:most]
