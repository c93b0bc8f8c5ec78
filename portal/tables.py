"""The tables as a picture and as a list, made from the models (P139)."""

from django.apps import apps
from django.db.models import ForeignKey, Model

TENANT = "organization"


def own_models() -> list[type[Model]]:
    """Return the portal's own models, by table."""
    found = [
        model
        for model in apps.get_models()
        if model.__module__.startswith("apps.") and model._meta.managed
    ]
    return sorted(found, key=lambda model: model._meta.db_table)


def erd() -> str:
    """Return the entities and their references as a Mermaid diagram.

    The organization, to which every tenant row belongs, is left out: it would hide the rest.
    """
    lines = ["erDiagram"]
    for model in own_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, ForeignKey) and field.name != TENANT:
                target = field.related_model._meta.db_table
                many = "o|" if field.unique else "o{"
                one = "|o" if field.null else "||"
                lines.append(f"  {target} {one}--{many} {model._meta.db_table} : {field.name}")
    return "# Entities\n\n<!-- Made by `make schema`; do not edit. -->\n\n```mermaid\n" + (
        "\n".join(lines) + "\n```\n"
    )


def table_list() -> str:
    """Return each table with its meaning and its columns."""
    parts = ["# Tables\n\n<!-- Made by `make schema`; do not edit. -->\n"]
    for model in own_models():
        meaning = (model.__doc__ or "").strip().partition("\n")[0]
        parts.append(f"\n## {model._meta.db_table}\n\n{meaning}\n")
        parts.append("\n| column | type | null |\n|---|---|---|")
        for field in model._meta.concrete_fields:
            null = "yes" if field.null else ""
            parts.append(f"\n| `{field.column}` | {field.get_internal_type()} | {null} |")
        parts.append("\n")
    return "".join(parts)
