"""The health check of a container: exit code 0 when the process inside may serve requests."""

import sys
import urllib.error
import urllib.request

ADDRESS = "http://127.0.0.1:8000/health/ready"
SECONDS = 4.0


def is_ready(address: str) -> bool:
    """Return whether the address answers 200 in time; 503 means that migrations are missing."""
    try:
        with urllib.request.urlopen(address, timeout=SECONDS) as answer:  # noqa: S310  our own
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    sys.exit(0 if is_ready(sys.argv[1] if len(sys.argv) > 1 else ADDRESS) else 1)
