"""`manage.py retire`: carry out the retention times now, as beat does once a day."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.events.jobs import run_due
from apps.insights.services import retire_all


class Command(BaseCommand):
    help = "Begin today's retention run of each organization that has none yet, and do it here."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print how many runs were begun and how many jobs were done."""
        begun = retire_all()
        self.stdout.write(f"{begun} runs begun, {run_due()} jobs done")
