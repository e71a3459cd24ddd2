"""What one question gave back serves the next: threads share few arenas, and columns come from them too."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

PROGRAM = """
import ctypes, re, threading
from core.allocator import few_arenas
told = few_arenas()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
ready = threading.Barrier(13)
def allocate():
    libc.malloc(10_000)
    ready.wait()
    ready.wait()
threads = [threading.Thread(target=allocate) for _ in range(12)]
for thread in threads: thread.start()
ready.wait()
libc.fopen.restype = ctypes.c_void_p
out = libc.fopen(b"/dev/stdout", b"w")
libc.malloc_info(0, ctypes.c_void_p(out))
libc.fclose(ctypes.c_void_p(out))
ready.wait()
print(told)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="arenas are glibc's")
@pytest.mark.parametrize(("given", "arenas", "told"), [({}, 2, "True"), ({"MALLOC_ARENA_MAX": "5"}, 5, "False")])
def test_many_threads_allocate_from_few_arenas_and_what_the_operator_set_holds(
    given: dict[str, str], arenas: int, told: str
) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "MALLOC_ARENA_MAX"} | given
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.count("<heap nr=") == arenas
    assert done.stdout.split()[-1] == told


COLUMNS = """
import pyarrow
from core.allocator import columns_from_the_system
told = columns_from_the_system()
column = pyarrow.array(range(1000))
print(pyarrow.default_memory_pool().backend_name, pyarrow.system_memory_pool().bytes_allocated() > 0, told)
"""


@pytest.mark.parametrize(
    ("given", "said"),
    [({}, "system True True"), ({"ARROW_DEFAULT_MEMORY_POOL": "mimalloc"}, "mimalloc False False")],
)
def test_columns_come_from_the_system_and_what_the_operator_set_holds(given: dict[str, str], said: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "ARROW_DEFAULT_MEMORY_POOL"} | given
    done = subprocess.run(
        [sys.executable, "-c", COLUMNS], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == said


FREED = """
import ctypes
from core.allocator import give_back
def held():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS"))
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
libc.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
blocks = [libc.malloc(20_000) for _ in range(4_000)]
for block in blocks: libc.memset(block, 1, 20_000)
for block in blocks[:-1]: libc.free(block)
before = held()
print(give_back(), before - held() > 60_000)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="arenas are glibc's")
def test_memory_that_is_free_below_what_is_in_use_is_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", FREED], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["True", "True"]
