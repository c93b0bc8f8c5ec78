"""The settings of worker processes that these tests start and kill: short leases, own queues."""

import os

from portal.settings import *  # noqa: F403

PREFIX = os.environ["CHAOS_PREFIX"]
CELERY_BROKER_URL = os.environ["CHAOS_BROKER"]
CELERY_TASK_DEFAULT_QUEUE = PREFIX
CELERY_TASK_ROUTES = {}
DELIVERY_LEASE_SECONDS = 2
