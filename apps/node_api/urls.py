"""Routes of the old wire contract, under /api/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
