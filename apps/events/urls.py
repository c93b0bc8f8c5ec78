"""Routes of events under /api/v1/."""

from django.urls import path

from apps.events.views import EventList, JobCancellations, JobDetail, JobList

urlpatterns = [
    path("events", EventList.as_view(), name="event-list"),
    path("jobs", JobList.as_view(), name="job-list"),
    path("jobs/<uuid:pk>", JobDetail.as_view(), name="job-detail"),
    path("jobs/<uuid:pk>/cancellations", JobCancellations.as_view(), name="job-cancellations"),
]
