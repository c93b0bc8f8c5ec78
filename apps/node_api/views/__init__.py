"""The routes of the old face, one module an area."""
