"""The promised rows of the foundation: id, one line, and the reason where a row is open."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Promise:
    """A row of the requirements or capabilities; `open` says what is missing, if anything."""

    id: str
    statement: str
    open: str = ""


PROMISES = (
    Promise("R1", "One command starts the product with its own PostgreSQL"),
    Promise("R2", "The first start loads a demo studio once"),
    Promise("R3", "Without SMTP, mail goes to a built-in outbox page"),
    Promise("R4", "`doctor` names each fault and the setting to change"),
    Promise(
        "R146",
        "Every route is in the OpenAPI document; answers are checked against it",
        "it has no examples; answers are checked with generated requests, not in the whole run",
    ),
    Promise("R147", "One envelope, one documented code for each refusal"),
    Promise("R148", "Keyset cursors: each unchanged row once while rows come and go"),
    Promise("R149", "Limits per person, announced in headers, 429 with Retry-After"),
    Promise("R150", "ETag and 304; a lost update gets 412"),
    Promise("R199", "live, ready and their checks; 503 when database or migrations fail"),
    Promise("R203", "Structured logs with request id, metrics, no secrets in logs"),
    Promise("R208", "A stop signal finishes requests; kill -9 loses nothing answered"),
    Promise("R209", "Secrets from environment or file; example values refused in production"),
    Promise("R210", "Every setting in one list; a wrong value stops the start"),
    Promise("P24", "Versioned resources under /api/v1, nouns, plural"),
    Promise("P25", "Success envelope of C1"),
    Promise("P26", "meta.timing and Server-Timing"),
    Promise("P27", "meta.pagination with keyset cursors"),
    Promise("P28", "Error body of C1 with field details"),
    Promise("P29", "Closed list of error codes with one status each"),
    Promise("P30", "Filters, sorts and search by documented parameters"),
    Promise("P31", "ETag on each resource; If-Match; 412"),
    Promise("P32", "Idempotency-Key on every POST", "uploads of files do not read it yet"),
    Promise("P33", "fields= and expand=", "expand= waits: nested relations are sent already"),
    Promise("P34", "Bulk operations", "comes with clients and projects"),
    Promise("P35", "OpenAPI 3.1, human pages offline"),
    Promise(
        "P36", "Breaking changes are refused by the build", "the gate waits for a first release"
    ),
    Promise("P37", "Deprecation and Sunset headers, changelog", "nothing is deprecated yet"),
    Promise("P38", "Request id accepted, returned, in each log line and event"),
    Promise("P39", "Compression, conditional GET, Cache-Control"),
    Promise(
        "P40", "The old face answers with the old shapes", "first slice; see the contract test"
    ),
    Promise("P148", "Published limits", "comes with the developer pages"),
    Promise("P151", "Mock API from the examples", "comes with the developer pages"),
    Promise("L45", "GET /health: healthy only when all checks are"),
    Promise("L48", "Health endpoints: /health, /health/live, /health/ready"),
    Promise("L49", "Structured JSON logs, one line a request"),
    Promise("S72", "Metrics in the Prometheus format"),
    Promise("integration 1", "A cursor reader gets every committed event once, in order"),
    Promise("integration 2", "audit verify fails when any column or row is changed"),
    Promise("integration 3", "A rolled-back transaction leaves no event, delivery or notice"),
    Promise("integration 4", "Without the broker the webhook arrives within 3 s by the sweep"),
    Promise(
        "integration 5",
        "100 events/s to 10 receivers, p95 under 1 s",
        "measured as a burst of 151/s; a steady minute is not measured",
    ),
    Promise("integration 11", "Dead deliveries are listed, inspected and replayed, as events"),
    Promise("integration 12", "Webhooks verify with the public library, also during rotation"),
    Promise("integration 22", "One Idempotency-Key in 16 parallel requests gives one effect"),
)
