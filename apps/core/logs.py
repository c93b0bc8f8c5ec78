"""Logs as JSON lines: one line a request, no bodies, no secrets (R203, L49)."""

import logging
import re
from typing import Any

import orjson

from apps.core import clock
from apps.core.context import current

log = logging.getLogger("portico")
STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "request"}
HIDDEN = ("password", "secret", "token", "authorization", "cookie", "signature")
# What has the form of a credential is hidden wherever it stands: in a message, an address, a
# traceback. Signed tokens, webhook secrets, API keys, and values of telling names in addresses.
CREDENTIAL = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}|whsec_[\w+/=-]{8,}|[ps]k_[a-z]{2,10}_[\w-]{8,}"
    r"|(?i:(?<=token=)|(?<=secret=)|(?<=password=)|(?<=bearer )|(?<=basic ))[^\s&\"'\\]{4,}"
)

# Paths of pages hold the texts of one-time links, and Django logs a path with some of its faults.
SECRET_TEXT = re.compile(r"[\w-]{48,}")


class JSONFormatter(logging.Formatter):
    """One JSON object a record: time, level, event, ids of the request, and the extras."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; values whose name tells of a secret are masked."""
        context = current()
        line: dict[str, Any] = {
            "time": clock.iso(clock.now()),
            "level": record.levelname.lower(),
            "event": SECRET_TEXT.sub("***", record.getMessage()),
            "logger": record.name,
            "request_id": str(context.request_id),
            "trace_id": context.traceparent[3:35] or None,
            "organization_id": context.organization_id and str(context.organization_id),
            "user_id": context.user_id and str(context.user_id),
        }
        extras = {k: v for k, v in vars(record).items() if k not in STANDARD}
        line |= {name: _masked(name, value) for name, value in extras.items()}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return CREDENTIAL.sub("***", orjson.dumps(line, default=str).decode())


def _masked(name: str, value: Any) -> Any:
    return "***" if any(word in name.lower() for word in HIDDEN) else value
