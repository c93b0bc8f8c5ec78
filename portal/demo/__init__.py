"""The demo studio: two organizations with people, work and money to look at."""
