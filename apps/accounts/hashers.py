"""How passwords are kept: Argon2id at the cost that OWASP names; bcrypt of the old system."""

from django.contrib.auth.hashers import Argon2PasswordHasher, BCryptPasswordHasher

BCRYPT_BYTES = 72


class Argon2Hasher(Argon2PasswordHasher):
    """19 MiB, 2 passes, 1 lane: about 19 ms of one core (performance.md, point 10)."""

    memory_cost = 19_456
    time_cost = 2
    parallelism = 1


class BcryptHasher(BCryptPasswordHasher):
    """Imported hashes. bcrypt reads 72 bytes and its library refuses more, so the rest is cut."""

    def encode(self, password: str, salt: str) -> str:
        """Return the encoded hash of the first 72 bytes."""
        return super().encode(_cut(password), salt)

    def verify(self, password: str, encoded: str) -> bool:
        """Whether the first 72 bytes fit."""
        return super().verify(_cut(password), encoded)


def _cut(password: str) -> str:
    return password.encode()[:BCRYPT_BYTES].decode(errors="ignore")
