"""Exports, erasures and retention: asked for here, done by jobs of the same modules."""

from apps.insights.services.erasures import erase_person, request_erasure
from apps.insights.services.exports import content_of, request_export, write_export
from apps.insights.services.retention import retire, retire_all, start_run

__all__ = [
    "content_of",
    "erase_person",
    "request_erasure",
    "request_export",
    "retire",
    "retire_all",
    "start_run",
    "write_export",
]
