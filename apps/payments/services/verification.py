"""Proves that invoices, payments, operations and ledger tell the same story (9.5, P68, R77)."""

from collections.abc import Iterator
from uuid import UUID

from django.db import connection

from apps.core.tenancy import organization_scope
from apps.ledger.services import sums

RECEIVED = """
SELECT i.id, i.paid_minor, coalesce(-sum(p.amount), 0) FROM invoices_invoice i
  LEFT JOIN ledger_entry e ON e.invoice_id = i.id AND e.organization_id = i.organization_id
        AND e.kind IN ('capture', 'refund')
  LEFT JOIN ledger_posting p ON p.entry_id = e.id
        AND p.account_id IN (SELECT id FROM ledger_account WHERE code = 'receivable:client')
 WHERE i.organization_id = %(organization)s
 GROUP BY i.id HAVING i.paid_minor <> coalesce(-sum(p.amount), 0)
"""
RECEIVABLE = """
SELECT i.id, i.total_minor - i.paid_minor, coalesce(sum(p.amount), 0) FROM invoices_invoice i
  LEFT JOIN ledger_entry e ON e.invoice_id = i.id AND e.organization_id = i.organization_id
  LEFT JOIN ledger_posting p ON p.entry_id = e.id
        AND p.account_id IN (SELECT id FROM ledger_account WHERE code = 'receivable:client')
 WHERE i.organization_id = %(organization)s
 GROUP BY i.id
HAVING coalesce(sum(p.amount), 0) <> CASE WHEN i.status IN ('draft', 'cancelled') THEN 0
                                          ELSE i.total_minor - i.paid_minor END
"""
WITHIN = """
SELECT id, paid_minor, total_minor FROM invoices_invoice
 WHERE organization_id = %(organization)s AND paid_minor NOT BETWEEN 0 AND total_minor
"""
PAID = """
SELECT id, status, paid_minor FROM invoices_invoice
 WHERE organization_id = %(organization)s
   AND (status = 'paid') <> (paid_minor = total_minor AND total_minor > 0)
"""
LINES = """
SELECT i.id, i.total_minor, coalesce(sum(l.net_minor + l.tax_minor), 0) FROM invoices_invoice i
  LEFT JOIN invoices_line l ON l.invoice_id = i.id
 WHERE i.organization_id = %(organization)s
 GROUP BY i.id HAVING i.total_minor <> coalesce(sum(l.net_minor + l.tax_minor), 0)
"""
OPERATIONS = """
SELECT p.id, p.captured, coalesce(sum(o.amount), 0) FROM payments_payment p
  LEFT JOIN payments_operation o ON o.payment_id = p.id AND o.state = 'succeeded'
        AND o.kind IN ('create', 'capture')
 WHERE p.organization_id = %(organization)s
 GROUP BY p.id HAVING p.captured <> coalesce(sum(o.amount), 0)
"""
CAPTURED = """
SELECT p.id, p.captured - p.refunded, coalesce(sum(g.amount), 0) FROM payments_payment p
  LEFT JOIN ledger_entry e ON e.payment_id = p.id AND e.kind IN ('capture', 'refund')
  LEFT JOIN ledger_posting g ON g.entry_id = e.id
        AND g.account_id IN (SELECT id FROM ledger_account WHERE code = 'clearing:connection')
 WHERE p.organization_id = %(organization)s
 GROUP BY p.id HAVING p.captured - p.refunded <> coalesce(sum(g.amount), 0)
"""
BALANCE = """
SELECT client_id, coalesce(b.owed_minor, 0), coalesce(i.owed, 0) FROM invoices_balance b
  FULL JOIN (SELECT organization_id, client_id, currency, sum(total_minor - paid_minor) AS owed
               FROM invoices_invoice
              WHERE status IN ('sent', 'viewed', 'partially_paid', 'overdue')
              GROUP BY organization_id, client_id, currency) i
  USING (organization_id, client_id, currency)
 WHERE organization_id = %(organization)s AND coalesce(b.owed_minor, 0) <> coalesce(i.owed, 0)
"""
CHECKS = {
    "2 paid differs from the ledger": RECEIVED,
    "2 due differs from the receivable": RECEIVABLE,
    "2 total differs from the lines": LINES,
    "3 paid is not within the total": WITHIN,
    "4 status does not fit what was paid": PAID,
    "5 captured differs from the operations": OPERATIONS,
    "5 captured differs from the ledger": CAPTURED,
    "6 balance differs from the invoices": BALANCE,
}


def broken_invariants(organization_id: UUID) -> Iterator[str]:
    """Yield a text for each fault: the invariant, the row, and the two values that differ."""
    with organization_scope(organization_id):
        for currency, total in sums(organization_id).items():
            if total:
                yield f"1 the ledger does not balance: {total} {currency}"
        for name, sql in CHECKS.items():
            with connection.cursor() as cursor:
                cursor.execute(sql, {"organization": organization_id})
                for row_id, ours, theirs in cursor.fetchall():
                    yield f"{name}: {row_id} {ours} {theirs}"
