"""Columns in the old spelling, computed by PostgreSQL: money in the main unit, dates at midnight.

Each function returns what `ComputedField` asks for: the expression below a prefix.
"""

from collections.abc import Callable

from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    DecimalField,
    F,
    Field,
    Func,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, NullIf
from rest_framework import serializers

from apps.core.fields import ComputedField
from apps.core.json_text import IsoMilliseconds
from apps.core.money import CURRENCIES, exponent

Expression = Callable[[str], Combinable]
NO_DECIMALS, THREE_DECIMALS = (
    tuple(sorted(code for code in CURRENCIES if exponent(code) == places)) for places in (0, 3)
)


class Major(Func):
    """Minor units in the currency's main unit, as a number with the currency's decimals.

    The lists of currencies stand in the statement: they are our own constants.
    """

    template = (
        "(CASE WHEN %(currency)s IN ({none}) THEN %(amount)s::numeric "
        "WHEN %(currency)s IN ({three}) THEN round(%(amount)s / 1000.0, 3) "
        "ELSE round(%(amount)s / 100.0, 2) END)"
    )
    output_field = DecimalField(max_digits=20, decimal_places=3)

    def as_sql(self, compiler, connection, **extra):  # type: ignore[no-untyped-def,override]  # noqa: ANN001, ANN003, ANN201
        """Return the case over the two columns."""
        (amount, first), (currency, second) = map(compiler.compile, self.source_expressions)
        names = {
            "none": ", ".join(f"'{code}'" for code in NO_DECIMALS),
            "three": ", ".join(f"'{code}'" for code in THREE_DECIMALS),
        }
        sql = self.template.format(**names) % {"amount": amount, "currency": currency}
        return sql, (*second, *first, *second, *first, *first)


def major(amount: str, currency: str = "currency") -> Expression:
    """A JSON number such as `4200.50`."""
    return lambda prefix: Major(F(prefix + amount), F(prefix + currency))


def number(amount: str, currency: str = "currency") -> ComputedField:
    """Money as a JSON number: the pages add and format it."""
    return ComputedField(major(amount, currency), serializers.FloatField())


def number_text(amount: str, currency: str = "currency") -> ComputedField:
    """Money as text: the form that outside callers know."""
    expression = major(amount, currency)
    return ComputedField(
        lambda prefix: Cast(expression(prefix), TextField()), serializers.CharField()
    )


def midnight(column: str) -> ComputedField:
    """A date as the old server wrote it: `2026-11-01T00:00:00.000Z`."""
    template = """to_char(%(expressions)s, 'YYYY-MM-DD"T00:00:00.000Z"')"""
    return ComputedField(
        lambda prefix: Func(F(prefix + column), template=template, output_field=TextField()),
        serializers.DateTimeField(),
    )


def moment(column: str) -> ComputedField:
    """A timestamp of the row or of a row that it points to; null when there is none."""
    return ComputedField(
        lambda prefix: IsoMilliseconds(F(prefix + column)), serializers.DateTimeField()
    )


def filled(column: str) -> ComputedField:
    """A text; an empty one is null, so that lists leave it out."""
    return ComputedField(
        lambda prefix: NullIf(F(prefix + column), Value("")), serializers.CharField()
    )


def renamed(column: str, words: dict[str, str]) -> ComputedField:
    """A choice, where some values have another word on the old face."""
    return ComputedField(
        lambda prefix: Case(
            *[When(**{prefix + column: ours}, then=Value(old)) for ours, old in words.items()],
            default=F(prefix + column),
            output_field=TextField(),
        ),
        serializers.CharField(),
    )


def looked_up(sql: str, *columns: str, shape: Field[object, object] | None = None) -> Expression:
    """A sub-select over other tables; `%(expressions)s` is the list of `columns`."""
    output = shape or TextField()
    return lambda prefix: Func(
        *[F(prefix + column) for column in columns], template=f"({sql})", output_field=output
    )


def text_of(sql: str, *columns: str) -> ComputedField:
    """A text that a sub-select finds."""
    return ComputedField(looked_up(sql, *columns), serializers.CharField())


def count_of(sql: str, *columns: str) -> ComputedField:
    """A count as a JSON number."""
    expression = looked_up(sql, *columns, shape=BigIntegerField())
    return ComputedField(expression, serializers.IntegerField())


def count_text_of(sql: str, *columns: str) -> ComputedField:
    """A count as text: COUNT came out of the old driver as text."""
    as_text = f"SELECT n::text FROM ({sql}) AS c(n)"  # noqa: S608  our own constants
    return ComputedField(looked_up(as_text, *columns), serializers.CharField())


def flag_of(sql: str, *columns: str) -> ComputedField:
    """A condition over columns of the row."""
    expression = looked_up(sql, *columns, shape=BooleanField())
    return ComputedField(expression, serializers.BooleanField())


def constant(text: str) -> ComputedField:
    """A word that is the same in each row."""
    return ComputedField(lambda _prefix: Cast(Value(text), TextField()), serializers.CharField())
