"""Telemetry of the process: its versions, its resources, its configuration; by prometheus_client."""

import platform
import time

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector, generate_latest

from pgvitals import __version__


class Telemetry:
    """The families of this process, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        build = Gauge(
            "pgvitals_build_info",
            "1, labelled with the versions of pgvitals and Python.",
            ("version", "python"),
            registry=self._registry,
        )
        build.labels(__version__, platform.python_version()).set(1)
        self._successful = Gauge(
            "pgvitals_config_last_reload_successful",
            "1 if the last loading of the configuration succeeded; else the one before is in force.",
            registry=self._registry,
        )
        self._success_time = Gauge(
            "pgvitals_config_last_reload_success_timestamp_seconds",
            "Unix time at which the configuration in force was loaded.",
            registry=self._registry,
        )
        self.loaded(successful=True)

    def loaded(self, *, successful: bool) -> None:
        """The configuration was loaded, or could not be."""
        self._successful.set(successful)
        if successful:
            self._success_time.set(time.time())

    def text(self) -> bytes:
        """The families, in the text format."""
        return generate_latest(self._registry)

    def families(self) -> list[tuple[str, str, str]]:
        """Name, type and help of each: what the reference lists."""
        return [(m.name, m.type, m.documentation) for m in self._registry.collect()]
