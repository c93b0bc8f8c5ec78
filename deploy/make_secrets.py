"""`python3 deploy/make_secrets.py`: make the secret files of docker-compose.yml that are missing.

Needs nothing but Python. A file that exists stays as it is, so running it again is safe. The
folder is closed to other accounts; the files can be read, since containers have accounts of
their own and see the files without the folder.
"""

import base64
import hashlib
import os
import secrets
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "secrets"
ITERATIONS = 101  # of Mosquitto's password files
VALKEY = 'save ""\nappendonly yes\ndir /data\n'


def main(folder: Path) -> int:
    """Write what is missing, name it, and return 0."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    made = _words(folder)
    for name, text in _made_of(folder).items():
        if _write(folder / name, text):
            made.append(name)
    sys.stdout.write(f"{len(made)} secrets made in {folder}: {', '.join(made) or 'none'}\n")
    return 0


def _words(folder: Path) -> list[str]:
    """Write the random ones and return the names of those that were made."""
    passwords = (
        "postgres_password", "portico_owner_password", "portico_app_password", "redis_password",
        "rabbitmq_password", "mosquitto_password", "minio_password",
    )  # fmt: skip
    words = {name: secrets.token_urlsafe(32) for name in passwords}
    words["secret_key"] = secrets.token_urlsafe(64)
    words["connection_keys"] = "k1:" + base64.b64encode(secrets.token_bytes(32)).decode()
    return [name for name, text in words.items() if _write(folder / name, text)]


def _made_of(folder: Path) -> dict[str, str]:
    """Return the files that are made of passwords: addresses and the servers' own settings."""
    read = {path.name: path.read_text() for path in folder.glob("*_password")}
    app, owner = read["portico_app_password"], read["portico_owner_password"]
    return {
        "database_url": f"postgresql://portico_app:{app}@postgres:5432/portico",
        "migration_database_url": f"postgresql://portico_owner:{owner}@postgres:5432/portico",
        "redis_url": f"redis://:{read['redis_password']}@redis:6379",
        "valkey_conf": f"requirepass {read['redis_password']}\n" + VALKEY,
        "amqp_url": f"amqp://portico:{read['rabbitmq_password']}@rabbitmq:5672//",
        "rabbitmq_conf": f"default_user = portico\ndefault_pass = {read['rabbitmq_password']}\n",
        "mqtt_url": f"mqtt://portico:{read['mosquitto_password']}@mosquitto:1883",
        "smtp_url": "",  # the studio's own mail server, written by hand
        "mosquitto_passwords": _mosquitto_line("portico", read["mosquitto_password"]),
    }


def _mosquitto_line(name: str, password: str) -> str:
    """Return a line of a password file: `name:$7$iterations$salt$hash`, PBKDF2 with SHA-512."""
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    salted, hashed = (base64.b64encode(part).decode() for part in (salt, digest))
    return f"{name}:$7${ITERATIONS}${salted}${hashed}\n"


def _write(path: Path, text: str) -> bool:
    """Return whether the file was made. No line end: it would be a part of the secret."""
    if path.exists():
        return False
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    path.chmod(0o644)
    return True


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER))
