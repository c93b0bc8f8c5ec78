"""Views of webhook endpoints, deliveries and dead letters."""
