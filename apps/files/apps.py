"""Files, their versions and their bytes."""

from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "apps.files"
    label = "files"
