"""How this process asks the system for memory."""

from __future__ import annotations

import ctypes
import sys

_M_MMAP_THRESHOLD = -3
"""mallopt(3)."""
_BYTES = 128 * 1024


def large_apart() -> None:
    """Keep columns that grow for years apart from what comes and goes: each a piece of memory of its own.

    glibc begins so, but moves its limit up to 32 MiB as soon as a large piece is given back; from then on columns grow
    among everything else, and leave holes that nothing fits: some 30 MiB a million events. A fixed limit stays. Where
    the C library is another one, nothing is done.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _BYTES)
