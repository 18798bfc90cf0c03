"""The demo: a PostgreSQL server of its own, a shop with deliberate faults, and pgvitals watching it."""
