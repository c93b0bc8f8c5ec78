"""Single sign-on: which providers there are, the way out and back, and who came (P14 to P16)."""
