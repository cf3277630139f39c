"""A single thread of a program, held as one that hangs."""

import contextlib
import ctypes
import os
import pathlib

_ATTACH, _DETACH = 16, 17
_ANY_THREAD = 0x40000000  # __WALL
_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


def _ptrace(request, thread):
    if _libc.ptrace(request, thread, None, None) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def thread_of(process, name):
    """The id of its thread of this name."""
    for task in pathlib.Path(f"/proc/{process.pid}/task").iterdir():
        if (task / "comm").read_text().strip() == name:
            return int(task.name)
    raise AssertionError(f"no thread {name}")


@contextlib.contextmanager
def hanging(process, name):
    """Holds this thread while the others run on."""
    thread = thread_of(process, name)
    _ptrace(_ATTACH, thread)
    os.waitpid(thread, _ANY_THREAD)
    try:
        yield
    finally:
        _ptrace(_DETACH, thread)
