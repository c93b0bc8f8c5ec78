"""Routes of events under /api/v1/."""

from django.urls import path

from apps.events.views import EventList

urlpatterns = [path("events", EventList.as_view(), name="event-list")]
