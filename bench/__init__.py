"""Benchmarks: pgvitals beside postgres_exporter, on servers of their own. `make bench` runs them."""
