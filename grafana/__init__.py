"""The dashboards: boards of YAML, and what makes Grafana's JSON of them."""
