"""An incident: a fault that somebody has to be told of."""

from typing import Any, ClassVar

from support.faults import Fault
from support.servers import Server


class Incident(Fault):
    """A fault with its alert; `thresholds` and `settings` are those of its server."""

    alert: ClassVar[str]
    thresholds: ClassVar[dict[str, float]] = {}
    settings: ClassVar[dict[str, Any]] = {}
    ripens: ClassVar[float] = 0.0
    """Seconds from its beginning to when the alert's condition is true."""

    def __init__(self, server: Server) -> None:
        super().__init__(server, long=False)

    @property
    def instance(self) -> str:
        """The name of its server, for pgvitals and Prometheus."""
        return self.name.replace(" ", "-")

    def run(self, *statements: str) -> None:
        """Run statements one by one as the superuser."""
        with self.server.connect() as connection:
            for statement in statements:
                connection.execute(statement.encode())


class Change(Incident):
    """What one statement does, and another undoes."""

    do: ClassVar[str]
    undo: ClassVar[str]

    def begin(self) -> None:
        self.run(self.do)

    def end(self) -> None:
        self.run(self.undo)
