"""An issuer: the command of one login that prints tokens, and the token that is in use.

Whoever logs in gets the token of before as long as it serves; the next is asked for meanwhile, by a thread
that ends with the answer. Only where there is none that serves does anybody wait, and not for long.
"""

import threading
import time
from collections.abc import Callable, Sequence

from pgvitals import command
from pgvitals.lease import DEFAULT_LIFETIME, Lease
from pgvitals.outcome import CredentialError
from pgvitals.token import Token

PATIENCE = 2.0
"""Seconds that a login waits for a token: half of what it has."""


class Issuer:
    """Runs `program`, its name and arguments; `lifetime` is for tokens that do not tell their end."""

    def __init__(
        self,
        program: Sequence[str],
        lifetime: float = DEFAULT_LIFETIME,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._program, self._clock = program, clock
        self._lease = Lease(lifetime)
        self._asking = False
        self._changed = threading.Condition()

    @property
    def problem(self) -> str:
        """Why the last asking failed; empty after a good one."""
        return self._lease.problem

    def token(self, patience: float = PATIENCE) -> str:
        """The token to log in with; raises CredentialError when there is none, after `patience` seconds."""
        with self._changed:
            if not self._asking and self._lease.due(self._clock()):
                self._ask()
            if self._asking and (self._lease.doubted or not self._lease.usable(self._clock())):
                self._changed.wait_for(lambda: not self._asking, patience)
            if self._lease.usable(self._clock()):
                return self._lease.token
            raise CredentialError(self._lease.problem or self._lack())

    def refused(self) -> None:
        """The server does not take the token: ask for another, before the next login."""
        with self._changed:
            self._lease.refused()

    def _lack(self) -> str:
        name = command.named(self._program)
        return f"{name}: no token yet" if self._asking else f"{name}: its token has expired"

    def _ask(self) -> None:
        threading.Thread(target=self._issue, name="token", daemon=True).start()
        self._asking = True

    def _issue(self) -> None:
        token, problem = None, f"{command.named(self._program)}: internal error"
        try:
            token = Token.parse(command.run(self._program), time.time())
        except CredentialError as error:
            problem = str(error)
        except ValueError as error:
            problem = f"{command.named(self._program)}: {error}"
        finally:
            with self._changed:
                now = self._clock()
                if token:
                    self._lease.issued(token, now)
                else:
                    self._lease.failed(problem, now)
                self._asking = False
                self._changed.notify_all()
