"""What a payment request refuses."""

from apps.core.errors import DomainError


class InvoiceNotPayable(DomainError):
    code = "CONFLICT"
    rule = "invoice_not_payable"
    message = "This invoice is not open for payment."


class PaymentInProgress(DomainError):
    code = "CONFLICT"
    rule = "payment_in_progress"
    message = "Another payment of this invoice is on its way. Please do not pay again."


class Overpayment(DomainError):
    rule = "overpayment"
    message = "This is more than what is still to be paid."


class OtherCurrency(DomainError):
    rule = "currency_mismatch"
    message = "A payment is made in the currency of its invoice."
