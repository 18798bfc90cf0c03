"""Memory: what the C library keeps for itself, and need not.

glibc has a heap for each thread, though ours take turns; it keeps what was freed in them; and after the
first large text was freed, it puts those into heaps too, which are full of holes after some refreshes. So
one heap has to do, large texts stay out of it, and what is free is given back (mallopt(3), malloc_trim(3)).
Elsewhere nothing is done.
"""

import ctypes
from contextlib import suppress

_LARGE = 256 * 1024
"""Bytes: less than a family of 10,000 samples, and more than any of 1,000."""
_MMAP_THRESHOLD, _ARENA_MAX = -3, -8
_C = ctypes.CDLL(None)


def settle() -> None:
    """To be called before there are threads."""
    with suppress(AttributeError):
        _C.mallopt(_ARENA_MAX, 1)
        _C.mallopt(_MMAP_THRESHOLD, _LARGE)


def give_back() -> None:
    """Let the system have what is free."""
    with suppress(AttributeError):
        _C.malloc_trim(0)
