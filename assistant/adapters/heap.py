"""What the C library does with memory that is given back to it."""

from __future__ import annotations

import ctypes
import sys

M_TOP_PAD = -2
"""Of malloc.h: how much more than is needed is kept at the top of a heap (mallopt(3))."""
KEPT = 64 << 20
"""Bytes: as large as glibc lets a thread's heap become. A quarter of it is not enough for one pass of Whisper base."""


def keep_freed(kept: int = KEPT) -> bool:
    """Let glibc keep what is freed, up to so many bytes a heap; False where it is another C library.

    For the whole process. Else a thread's heap is cut back to nothing after each large piece that is freed, and the
    next one is made of new pages, each of them cleared by the kernel. Measured with Whisper base in a process that
    hosts the core: 56,000 page faults to encode four seconds and 67,000 to decode them, 160 and 220 ms; kept, none,
    and 60 and 100 ms. In a small process glibc happens to keep it, so that the ear measured alone is fast either way.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and bool(mallopt(M_TOP_PAD, kept))
