"""The wire contract of the old backend. No tables, no rules."""

from django.apps import AppConfig


class NodeApiConfig(AppConfig):
    name = "apps.node_api"
    label = "node_api"
