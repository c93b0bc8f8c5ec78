"""What a person may set for a start, read from the environment once."""

import os
from dataclasses import dataclass
from pathlib import Path

from launcher.folders import Folders
from launcher.preflight import port_from
from launcher.problems import Problem


@dataclass(frozen=True)
class Options:
    """The settings of one start. Empty addresses stand for the embedded servers."""

    root: Path
    folders: Folders
    host: str
    port: int
    database_url: str
    redis_url: str
    demo: str  # "1", "0", or "" when nothing was said

    @property
    def url(self) -> str:
        """The address to show and to ask; a wildcard address is asked on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def read() -> Options:
    """Return the options of this process. Raises Problem."""
    root = Path.cwd()
    if not (root / "manage.py").exists():
        raise Problem("Start this in the folder of the project, where manage.py is.")
    _read_dotenv(root / ".env")
    return Options(
        root=root,
        folders=Folders(Path(os.environ.get("VAR") or "var")),
        host=os.environ.get("HOST") or "127.0.0.1",
        port=port_from(os.environ.get("PORT") or "8000"),
        database_url=os.environ.get("DATABASE_URL", ""),
        redis_url=os.environ.get("REDIS_URL", ""),
        demo=os.environ.get("DEMO", ""),
    )


def _read_dotenv(path: Path) -> None:
    """Take over what the file sets and the environment does not, as the portal's settings do."""
    if not path.exists():
        return
    for line in path.read_text().splitlines():
        name, is_assignment, value = line.strip().removeprefix("export ").partition("=")
        if is_assignment and not name.startswith("#"):
            os.environ.setdefault(name.strip(), value.strip().strip("'\""))
