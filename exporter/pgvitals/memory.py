"""Memory: what the C library keeps for itself, and need not.

glibc has a heap for each thread, and keeps what was freed in them: ours take turns anyway, so one is
enough, and what a large result needed is given back (mallopt(3), malloc_trim(3)). Elsewhere nothing is done.
"""

import ctypes
from contextlib import suppress

_ARENA_MAX = -8
_C = ctypes.CDLL(None)


def use_one_heap() -> None:
    """To be called before there are threads."""
    with suppress(AttributeError):
        _C.mallopt(_ARENA_MAX, 1)


def give_back() -> None:
    """Let the system have what is free."""
    with suppress(AttributeError):
        _C.malloc_trim(0)
