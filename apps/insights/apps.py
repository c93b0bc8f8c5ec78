"""What an organization and its people can learn of themselves, and what is forgotten again."""

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "apps.insights"
    label = "insights"
