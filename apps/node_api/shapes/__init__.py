"""The old rows and bodies, one module an area."""
