"""REST, webhooks, the pages and the admin run over WSGI."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402  needs the settings module

from apps.core.cores import take_core  # noqa: E402
from portal.environment import limit_statements  # noqa: E402
from portal.handler import Handler  # noqa: E402

if settings.WEB_PIN:
    take_core(settings.VAR / "cores")
# Only here: workers and commands may take their time.
limit_statements(settings.DATABASES["default"], settings.STATEMENT_SECONDS)
application = Handler()
