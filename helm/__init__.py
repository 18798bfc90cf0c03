"""The chart: what makes values.schema.json and README.md of its values and of pgvitals' own models."""
