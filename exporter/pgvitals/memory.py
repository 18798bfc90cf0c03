"""Memory: what the C library keeps for itself, and what it gives back too early.

glibc has a heap for each thread, though ours take turns: one has to do. And what a refresh frees goes back to
the system at once, to be taken anew by the next one, with a page fault for each 4 kB. So some stays, until
somebody gives it back (mallopt(3), malloc_trim(3)). Elsewhere nothing is done.
"""

import ctypes
from contextlib import suppress

_LARGE = 2 * 1024 * 1024
"""Bytes from which on a text does not come from the heap: more than a family of 10,000 samples."""
_SPARE = 16 * 1024 * 1024
"""Bytes that may be free at the end of the heap: less than what a refresh of 10,000 tables takes."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_C = ctypes.CDLL(None)


def settle() -> None:
    """To be called before there are threads."""
    with suppress(AttributeError):
        _C.mallopt(_ARENA_MAX, 1)
        _C.mallopt(_MMAP_THRESHOLD, _LARGE)
        _C.mallopt(_TRIM_THRESHOLD, _SPARE)


def give_back() -> None:
    """Let the system have what is free."""
    with suppress(AttributeError):
        _C.malloc_trim(0)
