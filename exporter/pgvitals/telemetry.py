"""Telemetry of the process: its versions, its resources, its configuration."""

import platform
import time

from pgvitals import __version__, exposition, process, sample
from pgvitals.exposition import Described, family

_BUILD = Described(
    "pgvitals_build_info", "gauge", "1, labelled with the versions of pgvitals and Python."
)
_SUCCESSFUL = Described(
    "pgvitals_config_last_reload_successful",
    "gauge",
    "1 if the last loading of the configuration succeeded; else the one before is in force.",
)
_SUCCESS_TIME = Described(
    "pgvitals_config_last_reload_success_timestamp_seconds",
    "gauge",
    "Unix time at which the configuration in force was loaded.",
)
_VERSIONS = exposition.braces(
    [sample.label("version", __version__), sample.label("python", platform.python_version())]
)


def families() -> list[Described]:
    """Every family that there is: what the reference lists."""
    return [*process.families(), _BUILD, _SUCCESSFUL, _SUCCESS_TIME]


class Telemetry:
    """What is told of this process, and how its configuration was loaded last."""

    def __init__(self) -> None:
        self.loaded(successful=True)

    def loaded(self, *, successful: bool) -> None:
        """The configuration was loaded, or could not be."""
        self._successful = successful
        if successful:
            self._success_time = time.time()

    def text(self) -> bytes:
        """The families, in the text format."""
        values = ((_BUILD, _VERSIONS, 1), (_SUCCESSFUL, "", self._successful))
        told = (*values, (_SUCCESS_TIME, "", self._success_time))
        return process.text() + b"".join(family(of, [(labels, n)]) for of, labels, n in told)
