"""The poller: two threads an instance, one that beats and one that visits, and who watches over them."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence

import structlog

from pgvitals.config import Config, Loaded
from pgvitals.deadline import Deadlines
from pgvitals.instance import Instance

STALLED_AFTER = 300.0
"""Seconds without a turn after which a loop counts as hanging.

A visit and a login take 20, but a resolver whose servers are silent takes minutes, and no restart
would help against it.
"""
REST = 0.5
"""Seconds to the next turn of a loop that failed."""

_log = structlog.get_logger()


class Worker:
    """The two threads of one instance; `turns` says when each last came round (time.monotonic)."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.turns: dict[str, float] = {}
        self._stop = threading.Event()
        self._after: Sequence[Worker] = ()
        self._threads = [
            threading.Thread(target=target, name=f"{instance.name} {target.__name__}", daemon=True)
            for target in (self.beats, self.visits)
        ]

    def start(self, after: Sequence["Worker"] = ()) -> None:
        """Begin to beat and to visit, once those of `after` have let go of their connections."""
        self._after = after
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ask both threads to end; `join` waits for them."""
        self._stop.set()
        self.instance.wake.set()
        self.instance.beat_soon.set()

    def join(self, until: float) -> None:
        """Wait until both threads have ended, at most until `until` (time.monotonic)."""
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def stalled(self, now: float) -> bool:
        """Whether a loop has not come round for too long."""
        return any(now - turn > STALLED_AFTER for turn in self.turns.values())

    def beats(self) -> None:
        """Beat until stopped."""
        self._loop("beat", self._beat)

    def visits(self) -> None:
        """Visit until stopped, then close the connection."""
        self._loop("visit", self._visit)
        self.instance.close()

    def _loop(self, name: str, turn: Callable[[], None]) -> None:
        for worker in self._after:
            worker.join(time.monotonic() + STALLED_AFTER)
        self._after = ()
        while not self._stop.is_set():
            self.turns[name] = time.monotonic()
            try:
                turn()
            except Exception:  # noqa: BLE001 - whatever it is, the loop goes on
                # A mistake of ours in one turn must not end the loop: silence would look like health.
                _log.exception("internal error", instance=self.instance.name, loop=name)
                self._stop.wait(REST)

    def _beat(self) -> None:
        started = time.monotonic()
        self.instance.beat()
        self.instance.beat_soon.wait(started + self.instance.heartbeat.pause - time.monotonic())

    def _visit(self) -> None:
        self.instance.wake.wait(self.instance.visit())
        self.instance.wake.clear()


class Poller:
    """All instances, by name; `apply` makes them what a configuration wants."""

    def __init__(self) -> None:
        self.deadlines = Deadlines()
        threading.Thread(target=self.deadlines.keep, name="deadlines", daemon=True).start()
        self._workers: dict[str, Worker] = {}

    @property
    def instances(self) -> Mapping[str, Instance]:
        """The instances that are polled, in the order of the configuration."""
        return {name: worker.instance for name, worker in self._workers.items()}

    def apply(self, config: Config, loaded: Loaded) -> None:
        """Start, change and stop instances until they are those of `config`; the others go on."""
        workers = {name: self._worker(name, config, loaded) for name in config.instances}
        gone = [w for w in self._workers.values() if w not in workers.values()]
        new = [w for w in workers.values() if w not in self._workers.values()]
        self._workers = workers
        for worker in gone:
            worker.stop()
        for worker in new:
            worker.start(after=gone)

    def stop(self, timeout: float = 2.0) -> None:
        """End all polling; what still waits for an answer is cut off."""
        for worker in self._workers.values():
            worker.stop()
        self.deadlines.enforce(float("inf"))
        until = time.monotonic() + timeout
        for worker in self._workers.values():
            worker.join(until)

    def healthy(self, now: float) -> bool:
        """Whether every loop comes round; says nothing about any server."""
        return not any(worker.stalled(now) for worker in self._workers.values())

    def ready(self) -> bool:
        """Whether every server has been heard or missed once, and visited where it is up."""
        return all(worker.instance.ready for worker in self._workers.values())

    def _worker(self, name: str, config: Config, loaded: Loaded) -> Worker:
        wanted, queries = config.instances[name], config.catalogue_of(name, loaded)
        agenda = config.agenda_of(wanted, loaded)
        known = self._workers.get(name)
        if known and known.instance.login == wanted.login():
            known.instance.adopt(wanted, queries, agenda)
            return known
        return Worker(Instance(name, wanted, queries, self.deadlines, agenda))
