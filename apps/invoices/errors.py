"""What an invoice refuses."""

from apps.core.errors import DomainError


class NotADraft(DomainError):
    code = "INVALID_TRANSITION"
    rule = "not_a_draft"
    message = "This invoice was issued. Cancel it and write a new one instead."


class NothingToSend(DomainError):
    rule = "invoice_without_lines"
    message = "An invoice needs at least one line before it is sent."


class DueBeforeIssue(DomainError):
    rule = "due_before_issue"
    message = "The due date lies before the issue date."


class NotCancellable(DomainError):
    code = "INVALID_TRANSITION"
    rule = "not_cancellable"
    message = "Only an issued invoice on which nothing was paid can be cancelled."


class OtherCurrency(DomainError):
    rule = "currency_mismatch"
    message = "All amounts of an invoice are in its own currency."


class AmountOutOfRange(DomainError):
    rule = "amount_out_of_range"
    message = "The amounts of this invoice are too large, or its total is below zero."


class DiscountTooLarge(DomainError):
    rule = "discount_too_large"
    message = "A discount is at most the price of its line."
