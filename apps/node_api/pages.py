"""A page with a number, and the shapes in which the old lists announce it (README, pagination)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from apps.core.renderers import Rendered


@dataclass(frozen=True, slots=True)
class NumberedPage:
    """`array` is JSON; `total` counts all rows of the question, `number` starts at 1."""

    array: Rendered
    total: int
    number: int
    limit: int
    unread: int = 0

    @classmethod
    def empty(cls, given: Mapping[str, Any]) -> Self:
        """Return the page of a list without rows."""
        return cls(Rendered(b"[]"), 0, given["page"], given["limit"])

    @property
    def pages(self) -> int:
        """How many pages there are; none for an empty list."""
        return -(-self.total // self.limit)

    @property
    def has_next(self) -> bool:
        """Whether a page follows."""
        return self.number < self.pages

    @property
    def has_previous(self) -> bool:
        """Whether a page precedes."""
        return self.number > 1


def named_total(page: NumberedPage, name: str) -> dict[str, Any]:
    """Return the shape of projects, clients and files, whose total is called `name`."""
    return {
        "currentPage": page.number,
        "totalPages": page.pages,
        name: page.total,
        "limit": page.limit,
        "hasNextPage": page.has_next,
        "hasPrevPage": page.has_previous,
    }


def total_pages(page: NumberedPage) -> dict[str, Any]:
    """Return the shape of messages and users."""
    return {
        "page": page.number, "limit": page.limit, "total": page.total, "totalPages": page.pages,
    }  # fmt: skip


def short_pages(page: NumberedPage) -> dict[str, Any]:
    """Return the shape of invoices."""
    return {"page": page.number, "limit": page.limit, "total": page.total, "pages": page.pages}


def snake_pages(page: NumberedPage) -> dict[str, Any]:
    """Return the shape of notifications."""
    return {
        "current_page": page.number,
        "per_page": page.limit,
        "total_items": page.total,
        "total_pages": page.pages,
        "has_next": page.has_next,
        "has_prev": page.has_previous,
    }
