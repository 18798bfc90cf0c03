"""The daemon: `pgvitals run`, from its configuration to its signals."""

import gc
import queue
import resource
import signal
import sys
import threading
from pathlib import Path

import structlog

from pgvitals import log, memory
from pgvitals.config import Config, Loaded
from pgvitals.document import Mistakes
from pgvitals.flags import Flags, settle
from pgvitals.poller import Poller
from pgvitals.security import Security
from pgvitals.site import Health, Site
from pgvitals.telemetry import Telemetry
from pgvitals.web import Server

MOST_FILES = 8192
"""Files and connections that may be open, where the system lets us: clients are to take none from logins."""
SWITCH_INTERVAL = 0.0005
"""Seconds after which a thread that reads rows lets one that answers a scrape go on; Python's are 0.005."""

_log = structlog.get_logger()


class Daemon:
    """Everything that runs. Raises Mistakes for a wrong configuration, OSError for an address in use."""

    def __init__(self, flags: Flags) -> None:
        memory.settle()
        _allow_files()
        self._flags = flags
        # Of all that threads wait for, only this kind may be told something by a signal handler.
        self._ends: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._reloads: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._reloading = threading.Lock()
        self._telemetry = Telemetry()
        self._poller = Poller()
        self._settings, self._loaded = settle(flags)
        log.configure(self._settings.log)
        web = self._settings.web
        reload = self.reload if web.enable_lifecycle else None
        self._security = Security(Path(web.config_file) if web.config_file else None)
        self._site = Site(self._poller, self._telemetry, web.telemetry_path, reload)
        # Bound before anything is polled: a port in use ends the start, and costs no server a login.
        deadlines = self._poller.deadlines
        self._servers = [
            Server(address, self._site, deadlines, self._security)
            for address in web.listen_addresses
        ]
        if web.health_address:
            health = Health(self._site)
            self._servers.append(Server(web.health_address, health, deadlines, Security()))

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT; SIGHUP reloads."""
        sys.setswitchinterval(SWITCH_INTERVAL)
        gc.freeze()  # what is there stays; to look for garbage in all of it takes 25 ms at a time
        signal.signal(signal.SIGTERM, lambda *_: self._ends.put(True))
        signal.signal(signal.SIGINT, lambda *_: self._ends.put(True))
        signal.signal(signal.SIGHUP, lambda *_: self._reloads.put(True))
        threading.Thread(target=self._keep_reloading, name="reload", daemon=True).start()
        self._poller.apply(self._settings, self._loaded)
        for server in self._servers:
            threading.Thread(target=server.run, name="acceptor", daemon=True).start()
        self._announce()
        while not self._ended():
            pass
        _log.info("stopping")
        self._poller.stop()
        self._security.access.close()

    def _announce(self) -> None:
        """Say where there is what to read, and what it takes to come in."""
        web, protection = self._settings.web, self._security.current()
        tls, passwords = bool(protection.encryption), bool(protection.users)
        if web.config_file and not (tls or passwords):
            text = "the web configuration file asks for neither TLS nor passwords"
            _log.warning(text, file=web.config_file)
        addresses = [server.address for server in self._servers]
        path = web.telemetry_path
        _log.info("listening", addresses=addresses, path=path, tls=tls, passwords=passwords)

    def reload(self) -> str:
        """Load everything again and take it over if all of it is right; gives what is wrong, or nothing."""
        with self._reloading:
            try:
                settled = settle(self._flags)
                self._security.check()
                self._take_over(*settled)
            except Mistakes as mistakes:
                wrong = [str(mistake) for mistake in mistakes.mistakes]
                _log.error("configuration not reloaded", mistakes=wrong)
            except Exception:  # noqa: BLE001 - nobody watches the thread of a reload
                wrong = ["internal error, see the log"]
                _log.exception("configuration not reloaded")
            else:
                wrong = []
            self._telemetry.loaded(successful=not wrong)
            return "\n".join(wrong)

    def _take_over(self, settings: Config, loaded: Loaded) -> None:
        if settings.web != self._settings.web:
            _log.warning("a change of web settings needs a restart")
        log.configure(settings.log)
        self._poller.apply(settings, loaded)
        self._settings = settings
        _log.info("configuration reloaded", instances=list(settings.instances))

    def _ended(self) -> bool:
        """Wait a second for a signal that ends us: one that another thread got does not wake us."""
        try:
            return self._ends.get(timeout=1)
        except queue.Empty:
            return False

    def _keep_reloading(self) -> None:
        """Reload when told; told many times meanwhile, once."""
        while self._reloads.get():
            while not self._reloads.empty():
                self._reloads.get()
            self.reload()


def _allow_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
