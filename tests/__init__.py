"""The tests of the portal, by app and behaviour."""
