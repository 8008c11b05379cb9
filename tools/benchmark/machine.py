"""The machine that is measured: what it is, its huge pages for as long as the run takes, its CPUs.

Changes one thing, the number of reserved huge pages, and puts it back.
"""
import contextlib
import os
import re

PAGES = "/proc/sys/vm/nr_hugepages"
MB = 2  # of a huge page


def _read(path, otherwise=""):
    try:
        with open(path, encoding="ascii", errors="replace") as f:
            return f.read()
    except OSError:
        return otherwise


def describe():
    info = _read("/proc/cpuinfo")
    model = re.search(r"model name\s*: (.*)", info)
    ids = [re.search(rf"{key}\s*: (\d+)", info) for key in ("cpu family", "model")]
    flags = (re.search(r"flags\s*: (.*)", info) or [None, ""])[1].split()
    return {
        "cpu": model[1] if model else "unknown",
        "family_model": "/".join(m[1] for m in ids if m),
        "cpus": len(os.sched_getaffinity(0)),
        "virtual": "hypervisor" in flags,
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30),
        "kernel": os.uname().release,
        "load": os.getloadavg()[0],
    }


def cpus():
    """The CPU that is measured, and another one if there is one: CPU 0 has the machine's own work."""
    every = sorted(os.sched_getaffinity(0))
    return every[-1], every[-2] if len(every) > 1 else None


def _pages(which):
    found = re.search(rf"HugePages_{which}:\s*(\d+)", _read("/proc/meminfo"))
    return int(found[1]) if found else 0


@contextlib.contextmanager
def huge_pages(wanted_mb):
    """How many MB of huge pages are free, after asking for so many."""
    before = _read(PAGES, "0").strip()
    wanted = max(int(before), _pages("Total") - _pages("Free") + wanted_mb // MB)
    try:
        with open(PAGES, "w", encoding="ascii") as f:
            f.write(str(wanted))
    except OSError:
        pass  # not root, or no such kernel: the run says that it goes without
    try:
        yield _pages("Free") * MB
    finally:
        with contextlib.suppress(OSError):
            with open(PAGES, "w", encoding="ascii") as f:
                f.write(before)
