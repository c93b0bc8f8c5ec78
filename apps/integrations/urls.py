"""Routes of webhook endpoints, deliveries and dead letters under /api/v1/."""

from django.urls import path

from apps.integrations.views import deliveries, endpoints

ENDPOINT = "webhook-endpoints/<uuid:pk>"
urlpatterns = [
    path("webhook-endpoints", endpoints.EndpointList.as_view(), name="webhook-endpoint-list"),
    path(ENDPOINT, endpoints.EndpointDetail.as_view(), name="webhook-endpoint-detail"),
    path(
        f"{ENDPOINT}/secrets", endpoints.EndpointSecrets.as_view(), name="webhook-endpoint-secrets"
    ),
    path(f"{ENDPOINT}/tests", endpoints.EndpointTests.as_view(), name="webhook-endpoint-tests"),
    path(
        f"{ENDPOINT}/deliveries",
        endpoints.EndpointDeliveries.as_view(),
        name="webhook-endpoint-deliveries",
    ),
    path(
        f"{ENDPOINT}/replays", endpoints.EndpointReplays.as_view(), name="webhook-endpoint-replays"
    ),
    path("deliveries", deliveries.DeliveryList.as_view(), name="delivery-list"),
    path("deliveries/<uuid:pk>", deliveries.DeliveryDetail.as_view(), name="delivery-detail"),
    path(
        "deliveries/<uuid:pk>/replays",
        deliveries.DeliveryReplays.as_view(),
        name="delivery-replays",
    ),
    path(
        "deliveries/<uuid:pk>/cancellations",
        deliveries.DeliveryCancellations.as_view(),
        name="delivery-cancellations",
    ),
    path("dead-letters", deliveries.DeadLetterList.as_view(), name="dead-letter-list"),
    path(
        "dead-letters/<uuid:pk>", deliveries.DeadLetterDetail.as_view(), name="dead-letter-detail"
    ),
    path(
        "dead-letters/<uuid:pk>/replays",
        deliveries.DeadLetterReplays.as_view(),
        name="dead-letter-replays",
    ),
]
