"""Every setting, in one file. Each deployment difference is an environment variable.

`FileAwareEnv` also reads `NAME_FILE`, so a secret can be a mounted file. The names and meanings
are listed in `portal/environment.py`, which the settings reference is made from.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext
from django.urls import reverse_lazy

from portal.environment import database, read_environment, redis_url
from portal.subscribers import CONSUMERS
from portal.subscribers import HANDOVERS as HANDOVERS  # noqa: PLC0414  a setting, too
from portal.subscribers import JOB_HANDLERS as JOB_HANDLERS  # noqa: PLC0414
from portal.subscribers import PRIVACY as PRIVACY  # noqa: PLC0414
from portal.subscribers import SWEEPS as SWEEPS  # noqa: PLC0414  a setting of the same name

django_stubs_ext.monkeypatch()  # lets ModelAdmin[Project] and friends be subscripted at run time

BASE_DIR = Path(__file__).resolve().parent.parent
values = read_environment(BASE_DIR / ".env")

ENVIRONMENT: str = values["PORTICO_ENV"]
IN_PRODUCTION = ENVIRONMENT == "production"
IN_TESTS = ENVIRONMENT == "test"
DEBUG = False
SECRET_KEY: str = values["SECRET_KEY"]
SECRET_KEY_FALLBACKS: list[str] = values["SECRET_KEY_FALLBACKS"]
TOKEN_PRIVATE_KEY: str = values["TOKEN_PRIVATE_KEY"]
TOKEN_PUBLIC_KEYS: str = values["TOKEN_PUBLIC_KEYS"]
CONNECTION_KEYS: str = values["CONNECTION_KEYS"]
# Domains of organizations come and go while the portal runs, and Django's list is fixed. The
# first middleware checks each host (apps.core.sites), as Django's manual asks of those who write
# "*" here.
ALLOWED_HOSTS = ["*"]
SERVED_HOSTS: list[str] = values["ALLOWED_HOSTS"] + (["testserver"] if IN_TESTS else [])
SITE_OF_HOST = "apps.organizations.services.site_of_host"
VERIFIED_DOMAINS = "apps.organizations.services.verified_domains"
FEATURE_IS_ON = "apps.organizations.services.is_on"
REQUIRE_RIGHT = "apps.accounts.permissions.require"
REQUIRE_PROOF = "apps.accounts.services.require_recent_proof"
DNS_SERVERS: list[str] = values["DNS_SERVERS"]
PUBLIC_URL: str = values["PUBLIC_URL"]
CSRF_TRUSTED_ORIGINS: list[str] = [PUBLIC_URL] if PUBLIC_URL else []
TRUSTED_PROXIES: int = values["TRUSTED_PROXIES"]
VAR = Path(values["VAR"]).resolve()

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "apps.core",
    "apps.events",
    "apps.organizations",
    "apps.accounts",
    "apps.connections",
    "apps.clients",
    "apps.projects",
    "apps.ledger",
    "apps.files",
    "apps.approvals",
    "apps.invoices",
    "apps.messaging",
    "apps.payments",
    "apps.notifications",
    "apps.integrations",
    "apps.insights",
    "apps.live",
    "apps.node_api",
    "portal.apps.PortalConfig",
]
MIDDLEWARE = [
    "apps.core.middleware.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "apps.core.middleware.PageSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "apps.core.middleware.PageCsrfMiddleware",
    "apps.core.middleware.PageAuthenticationMiddleware",
    "apps.core.middleware.PageMessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "apps.core.direct.InnermostMiddleware",
]
APPEND_SLASH = False  # the API answers both forms itself (X20)
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
ASGI_APPLICATION = "portal.asgi.application"
WEB_THREADS: int = values["WEB_THREADS"]
STATEMENT_SECONDS: int = values["STATEMENT_SECONDS"]  # of web processes: see portal/wsgi.py
WEB_PIN: bool = values["WEB_PIN"]
WEB_READS: int = values["WEB_READS"]

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
WHITENOISE_USE_FINDERS = True  # `make run` serves the files where they lie

# The role must be neither superuser nor BYPASSRLS: see apps/core/checks.py.
DATABASES = {"default": database(values["DATABASE_URL"])}
if values["MIGRATION_DATABASE_URL"]:
    DATABASES["owner"] = database(values["MIGRATION_DATABASE_URL"])
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"

REDIS_URL: str = values["REDIS_URL"]
CACHE_REDIS_URL = redis_url(REDIS_URL, 2)
# Reads of the channel layer block on purpose. redis-py would end each after 5 seconds: a socket
# without news died of it, and a cancelled read could go on for ever (both seen).
CHANNEL_LAYER_HOST = {"address": redis_url(REDIS_URL, 1), "socket_timeout": None}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {
            "hosts": [CHANNEL_LAYER_HOST],
            "capacity": 5000,
            "prefix": values["CHANNEL_PREFIX"],
        },
    }
}

# -- people ---------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # as E003, for backends of our own
    "auth.E003",  # unique by lower(email): a constraint says it better
    "security.W003",  # PageCsrfMiddleware is Django's own, kept off the routes of bearer tokens
    "security.W019",  # X_FRAME_OPTIONS below says why pages may frame their own origin
]
PASSWORD_HASHERS = [
    "apps.accounts.hashers.Argon2Hasher",
    "apps.accounts.hashers.BcryptHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTHENTICATION_BACKENDS = ["apps.accounts.backends.PasswordBackend"]
LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")
ACCESS_LIFETIME = timedelta(minutes=15)
NODE_ACCESS_LIFETIME = timedelta(minutes=30)
# `__Host-`: no other host can plant it, so nobody is led into a sign-in that he did not begin.
SIGN_ON_COOKIE = "__Host-sign-on-" if IN_PRODUCTION else "sign-on-"
REFRESH_LIFETIME = timedelta(days=7)
SESSION_LIFETIME = timedelta(days=90)  # however often it is refreshed
REFRESH_GRACE = timedelta(seconds=20)
NODE_REFRESH_GRACE = timedelta(minutes=20)
SIGN_IN_FAILURES = 5
SIGN_IN_WINDOW = timedelta(minutes=15)
INVITATION_RATE = "200/h"  # of one studio, sent again included
INVITATION_ADDRESS_RATE = "5/d"  # of one studio to one address

# -- the API --------------------------------------------------------------------------------

JSON_BODY_BYTES = 1024 * 1024
NODE_BODY_BYTES = 10 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = NODE_BODY_BYTES
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
ANONYMOUS_RATE: str = values["ANONYMOUS_RATE"]
RATE_LIMIT_PREFIX = "portico:rate:"
RATE_TIERS = {
    "free": {"api": "100/m", "api_key": "400/m", "upload": "20/15m"},
    "standard": {"api": "300/m", "api_key": "1200/m", "upload": "20/15m"},
    "premium": {"api": "1200/m", "api_key": "5000/m", "upload": "60/15m"},
}
IDEMPOTENT_RUN = "apps.events.idempotency.run"
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.accounts.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["apps.core.renderers.EnvelopeRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.core.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "apps.core.schema.Schema",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "EXCEPTION_HANDLER": "apps.core.refusals.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Portico",
    "DESCRIPTION": "The client portal's versioned API. Every answer has the envelope of C1.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "RoleEnum": "apps.accounts.models.Membership.Role",
        "ContactRoleEnum": "apps.clients.models.Contact.Role",
        "ClientStatusEnum": "apps.clients.models.Client.Status",
        "ProjectStatusEnum": "apps.projects.models.Project.Status",
        "ApprovalStatusEnum": "apps.approvals.models.Approval.Status",
        "JobStatusEnum": "apps.events.models.Job.Status",
        "ServiceRoleEnum": "apps.accounts.key_serializers.ROLES",
        "TeamRoleEnum": "apps.projects.models.ProjectMember.Role",
        "ExportKindEnum": "apps.insights.models.Export.Kind",
        "InvoiceStatusEnum": "apps.invoices.models.Invoice.Status",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "PREPROCESSING_HOOKS": ["apps.core.schema.only_versioned"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "apps.core.schema.wrap_envelope",
    ],
}

# -- events and workers ---------------------------------------------------------------------

EVENT_CONSUMERS = CONSUMERS
EVENTS_VALIDATED = not IN_PRODUCTION
HINTS_SENT: bool = values["HINTS_SENT"]
DELIVERY_LEASE_SECONDS: int = values["DELIVERY_LEASE_SECONDS"]
DELIVERY_THREADS: int = values["DELIVERY_THREADS"]
DELIVERY_SLOTS: int = values["DELIVERY_SLOTS"]
WEBHOOK_ALLOW: list[str] = values["WEBHOOK_ALLOW"]
QUEUES = ("payments", "inbox", "events", "deliver", "slow", "default", "bulk")
AMQP_URL: str = values["AMQP_URL"]
CELERY_BROKER_URL = AMQP_URL or redis_url(REDIS_URL, 0, celery=True)
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # the sweep works on; the broker may take its time
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"confirm_publish": True} if AMQP_URL else {"visibility_timeout": 60, "socket_timeout": 5}
)
CELERY_TASK_DEFAULT_QUEUE = "portico.default"
CELERY_TASK_DEFAULT_QUEUE_TYPE = "quorum" if AMQP_URL else "classic"
CELERY_TASK_CREATE_MISSING_QUEUE_TYPE = CELERY_TASK_DEFAULT_QUEUE_TYPE
CELERY_WORKER_DETECT_QUORUM_QUEUES = True
CELERY_TASK_ROUTES = {
    "events.*": {"queue": "portico.events"},
    "integrations.*": {"queue": "portico.deliver"},
    "payments.*": {"queue": "portico.payments"},
    "files.*": {"queue": "portico.slow"},
    "notifications.*": {"queue": "portico.slow"},
    "insights.*": {"queue": "portico.slow"},
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_BEAT_SCHEDULE: dict[str, Any] = {
    "forget idempotency keys": {"task": "events.forget_keys", "schedule": timedelta(hours=1)},
    "keep the retention times": {"task": "insights.retire", "schedule": timedelta(hours=1)},
    "clear half-written uploads": {"task": "files.sweep", "schedule": timedelta(hours=1)},
}

# -- files and mail -------------------------------------------------------------------------

FILES_ROOT = VAR / "files"
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
SMTP_URL: str = values["SMTP_URL"]
MAIL_FROM: str = values["MAIL_FROM"]

# -- pages and headers ----------------------------------------------------------------------

X_FRAME_OPTIONS = "SAMEORIGIN"  # the old pages show a PDF in a frame of their own origin
SECURE_REFERRER_POLICY = "same-origin"  # without a referrer, forms would send no origin either
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True  # forms carry the value themselves
if IN_PRODUCTION:
    SECURE_SSL_REDIRECT: bool = values["SECURE_SSL_REDIRECT"]
    SECURE_REDIRECT_EXEMPT = [r"^health"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_NAME = "__Host-sessionid"  # no other host below the domain can plant it
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Portico",
    "SITE_HEADER": "Portico",
    "SHOW_HISTORY": False,
    "SHOW_BACK_BUTTON": True,
    "COLORS": {
        "primary": {
            "50": "#e2f1ed", "100": "#d3eae4", "200": "#aed8ce", "300": "#7dc1b1",
            "400": "#3f9a88", "500": "#0e7d6c", "600": "#036557", "700": "#045f51",
            "800": "#0b4a40", "900": "#123d35", "950": "#15302a",
        }
    },
}  # fmt: skip

LOG_REQUESTS: bool = values["LOG_REQUESTS"]
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "apps.core.logs.JSONFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": values["LOG_LEVEL"]},
    "loggers": {
        "portico": {"level": values["LOG_LEVEL"]},
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}
