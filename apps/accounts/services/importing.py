"""People of the old system, with the bcrypt hashes that sign them in once more (P07)."""

import re

from django.db import transaction

from apps.accounts.models import Membership, User
from apps.organizations.models import Organization

# A hash names its own cost. Above 14 one sign-in would hold a core for seconds.
BCRYPT = re.compile(r"\$2[ab]\$(0[4-9]|1[0-4])\$[./A-Za-z0-9]{53}")


def is_bcrypt(text: str) -> bool:
    """Whether a text is a bcrypt hash (`$2a$` or `$2b$`) of cost 4 to 14."""
    return BCRYPT.fullmatch(text) is not None


@transaction.atomic
def import_person(
    organization: Organization, *, email: str, bcrypt_hash: str, role: str, is_active: bool,
    **names: str,
) -> Membership | None:  # fmt: skip
    """Make a person whose old password signs in, or return None when the e-mail is known.

    `names` are `first_name`, `last_name` and `phone`. Raises ValueError for what is no hash
    of `is_bcrypt`. It becomes Argon2id at the first sign-in.
    """
    if not is_bcrypt(bcrypt_hash):
        raise ValueError("not a bcrypt hash of cost 4 to 14")
    if User.objects.filter(email__iexact=email).exists():
        return None
    user = User.objects.create(
        email=email.lower(), password=f"bcrypt${bcrypt_hash}", is_active=is_active, **names,
        is_staff=role in {Membership.Role.OWNER, Membership.Role.ADMIN},
    )  # fmt: skip
    return Membership.objects.create(organization=organization, user=user, role=role)
