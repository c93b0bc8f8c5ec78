"""The references that are made from code: OpenAPI, event schemas, settings, errors, rights."""

import json
from functools import cache
from typing import Any

import orjson
import yaml
from drf_spectacular.generators import SchemaGenerator

from apps.core.errors import STATUS_OF
from apps.events.kinds import KINDS
from apps.events.schemas import schema_of
from portal.coverage import coverage_page
from portal.environment import VARIABLES, Variable
from portal.rights import permissions_page
from portal.tables import erd, table_list


def references() -> dict[str, str]:
    """Return the text of each file under docs/reference by its name."""
    files = {
        "openapi.yaml": openapi(),
        "settings.md": settings_page(),
        "errors.md": errors_page(),
        "permissions.md": permissions_page(),
        "coverage.md": coverage_page(),
        "entities.md": erd(),
        "tables.md": table_list(),
    }
    for kind in KINDS:
        text = json.dumps(schema_of(kind), indent=2, ensure_ascii=False) + "\n"
        files[f"events/{kind}.v1.json"] = text
    return files


@cache
def openapi_json() -> bytes:
    """Return the OpenAPI 3.1 document as JSON."""
    make: Any = SchemaGenerator
    generator = make()
    document = generator.get_schema(request=None, public=True)
    return orjson.dumps(document, default=str, option=orjson.OPT_NON_STR_KEYS)


def openapi() -> str:
    """Return the OpenAPI 3.1 document as YAML."""
    return yaml.safe_dump(orjson.loads(openapi_json()), sort_keys=False, allow_unicode=True)


def settings_page() -> str:
    """Return the list of environment variables (R210)."""
    rows = [f"| `{v.name}` | {v.kind} | {_default(v)} | {v.meaning} |" for v in VARIABLES]
    return _page(
        "Settings",
        "Every setting is an environment variable; `NAME_FILE` reads it from a file instead. "
        "A wrong value stops the start with a sentence that names it.",
        ["| variable | type | default | meaning |", "|---|---|---|---|", *rows],
    )


def errors_page() -> str:
    """Return the closed list of error codes (C1, P29)."""
    rows = [f"| `{code}` | {status} |" for code, status in STATUS_OF.items()]
    return _page(
        "Error codes",
        "Each refusal has one of these codes; `details.rule` tells apart those that share one.",
        ["| code | status |", "|---|---|", *rows],
    )


def _default(variable: Variable) -> str:
    if variable.default is None:
        return "required"
    text = ",".join(variable.default) if isinstance(variable.default, list) else variable.default
    return f"`{text}`" if text != "" else "empty"


def _page(title: str, lead: str, lines: list[str]) -> str:
    body = "\n".join(lines)
    return f"# {title}\n\n<!-- Made by `make schema`; do not edit. -->\n\n{lead}\n\n{body}\n"
