"""A guided tour: a scripted client that drives a running portal from outside."""
