"""pgvitals: a Prometheus exporter that turns a database team's promises into live numbers."""

__version__ = "0.1.0"
