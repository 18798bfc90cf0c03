"""Everything from PostgreSQL to the pager, as shipped: servers, pgvitals, Prometheus, Alertmanager, us."""

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import Any, Self

from support import healthy
from support.alertmanager import Alertmanager
from support.daemon import Daemon
from support.faults import PASSWORD, ROLE
from support.healthy import Load
from support.incident import Incident
from support.incidents import ExporterKilled
from support.pager import Pager
from support.prometheus import Prometheus, probed
from support.servers import Server

EXPORTER, HEALTHY = "pgvitals", "healthy"
"""The instances that nothing happens to: pgvitals itself, and a server with nothing but load."""
LOUD = ("critical", "warning")
MET = "auth_bypass|fk_indexed|migration_sequence|primary_keys|rls_coverage"
"""The enforced targets that are measured."""
WARM_UP = 240.0
SETTLE = 30.0
"""Seconds of quiet before it begins: two samples, for whatever looks back."""


class Stage:
    """One server and one incident a kind, one healthy server under load, and all that watches them."""

    def __init__(self, kinds: Sequence[type[Incident]]) -> None:
        self._kinds = kinds

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._build(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _build(self, stack: ExitStack) -> None:
        self.pager = stack.enter_context(Pager())
        servers = self._servers(stack)
        self._healthy = servers.pop()
        self.incidents = [kind(server) for kind, server in zip(self._kinds, servers, strict=True)]
        for incident in self.incidents:
            incident.prepare()
            stack.callback(incident.close)
        self.daemon = stack.enter_context(Daemon(self._config())).wait_ready()
        alertmanager = stack.enter_context(Alertmanager(self.pager.url))
        prometheus = Prometheus(self._jobs(), alertmanager.port)
        self.prometheus = stack.enter_context(prometheus)
        stack.enter_context(Load(self._healthy))

    def _servers(self, stack: ExitStack) -> list[Server]:
        """One for each kind, and the healthy one."""
        settings: list[dict[str, Any]] = [*(kind.settings for kind in self._kinds), {}]
        with ThreadPoolExecutor(2) as pool:
            made = pool.map(lambda own: healthy.shop(**own), settings)
            return [stack.enter_context(closing(server)) for server in made]

    @property
    def _shared(self) -> list[Incident]:
        """Those whose server the one pgvitals of all watches."""
        return [i for i in self.incidents if not isinstance(i, ExporterKilled)]

    def _config(self) -> dict[str, Any]:
        """The history of migrations is data, which no change of the catalogs tells of."""
        soon = {"migration_sequence": {"interval": "1m"}}
        login = {"user": ROLE, "password": PASSWORD}
        instances: dict[str, Any] = {HEALTHY: {"dsn": self._healthy.dsn(**login)}}
        for incident in self._shared:
            own = {"dsn": incident.server.dsn(**login), "thresholds": incident.thresholds}
            instances[incident.instance] = own
        return {"instances": instances, "targets": soon}

    def _jobs(self) -> list[dict[str, Any]]:
        """As README has them; an exporter of a single server is named after it."""
        address = "{}:{}".format(*self.daemon.addresses[0])
        own = {i.address: i.instance for i in self.incidents if isinstance(i, ExporterKilled)}
        exporters = {address: EXPORTER, **own}
        direct = [{"targets": [a], "labels": {"instance": n}} for a, n in exporters.items()]
        names = [HEALTHY, *(incident.instance for incident in self._shared)]
        return [
            {"job_name": "pgvitals", "static_configs": direct},
            probed("pgvitals-instances", address, names),
        ]

    def wait_quiet(self) -> None:
        """Wait until every promise is kept everywhere, and has been for a while; raises AssertionError."""
        deadline = time.monotonic() + WARM_UP
        while lacking := self._lacking():
            assert time.monotonic() < deadline, f"not healthy in {WARM_UP:g} s: {lacking}"
            time.sleep(1)
        time.sleep(SETTLE)
        assert not (lacking := self._lacking()), f"not healthy before anything happened: {lacking}"

    def _lacking(self) -> list[str]:
        """What is not as it should be: servers without a verdict, alerts."""
        met = (
            f'count by (instance) (pgvitals_target_state{{state="met",target=~"{MET}"}} == 1) == 5'
        )
        fine = {series["metric"]["instance"] for series in self.prometheus.ask(met)}
        wanted = {HEALTHY, *(incident.instance for incident in self.incidents)}
        return sorted(wanted - fine) or sorted(self.loud(wanted | {EXPORTER}))

    def loud(self, instances: Iterable[str]) -> set[str]:
        """Alerts of severity warning and above, of these instances or of none, that are there now."""
        of = {*instances, None}
        return {
            f"{a['labels']['alertname']} {a['state']} on {a['labels'].get('instance')}"
            for a in self.prometheus.alerts()
            if a["labels"].get("severity") in LOUD and a["labels"].get("instance") in of
        }
