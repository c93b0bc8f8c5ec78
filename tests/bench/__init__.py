"""The performance harness itself: its data, its configuration, its judgement."""
