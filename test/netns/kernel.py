"""What the tests ask of the Linux kernel: namespaces, links, addresses, routes, a tunnel end.

Decides how a namespace is named, entered and reaped. Knows nothing of Kedge or of Mobile IPv6.
Namespaces are entered by thread (setns), never by `ip netns exec`, which hides bpffs.
"""
import contextlib
import ctypes
import glob
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile

PREFIX = "kedge"
RUN = "/run/netns"
CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


class Failed(Exception):
    """A command or a wait of the harness that did not work out."""


def run(*args, check=True, timeout=20):
    """Runs a command; its standard output. Failure names the command and what it said."""
    done = subprocess.run(args, capture_output=True, text=True, timeout=timeout)
    if check and done.returncode != 0:
        raise Failed(f"{' '.join(args)}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def lacks(tunnel=True):
    """Why this machine cannot run namespace tests, or None; `tunnel`: those where the kernel is a
    tunnel's end."""
    if os.geteuid() != 0:
        return "needs root (network namespaces)"
    for tool in ("ip", "nsenter", "ethtool", "sysctl"):
        if shutil.which(tool) is None:
            return f"needs {tool} (tools/setup)"
    probe = Namespace("probe")
    try:
        probe.add()
        probe.ip("link set lo up")
        probe.ip("-6 addr add 2001:db8:ffff::1/128 dev lo")
        if tunnel:
            probe.ip("-6 route add 2001:db8:fffe::/64 encap seg6 mode encap.red "
                     "segs 2001:db8:ffff::1 dev lo")
    except (Failed, OSError) as e:
        return f"kernel without network namespaces{', or without seg6' if tunnel else ''}: {e}"
    finally:
        probe.delete()
    return None


class Namespace:
    """One network namespace, named after this process so that a later run can reap it."""

    def __init__(self, name):
        self.name = f"{PREFIX}-{os.getpid()}-{name}"
        self.path = f"{RUN}/{self.name}"

    def add(self):
        run("ip", "netns", "add", self.name)
        # No DAD: addresses are ours alone, and a test does not wait for a second of silence.
        for where in ("all", "default", "lo"):
            self.sysctl(f"net.ipv6.conf.{where}.disable_ipv6", 0)
            self.sysctl(f"net.ipv6.conf.{where}.accept_dad", 0)
            self.sysctl(f"net.ipv6.conf.{where}.accept_ra", 0)
        self.ip("link set lo up")
        return self

    def delete(self):
        run("ip", "netns", "del", self.name, check=False)

    def ip(self, line, check=True):
        return run("ip", "-n", self.name, *line.split(), check=check)

    def batch(self, *lines):
        """Several commands of ip at once: nothing but the kernel between them."""
        subprocess.run(["ip", "-n", self.name, "-batch", "-"], input="\n".join(lines), text=True,
                       capture_output=True, check=True, timeout=20)

    def tap(self, name, mtu):
        """A TAP that stays when the program that serves it goes."""
        self.ip(f"tuntap add mode tap name {name}")
        self.ip(f"link set {name} mtu {mtu} up")

    def quiet(self, dev):
        """The kernel says nothing there on its own account."""
        self.sysctl(f"net.ipv6.conf.{dev}.disable_ipv6", 1)

    def sysctl(self, key, value):
        with self:
            path = "/proc/sys/" + key.replace(".", "/")
            with open(path, "w", encoding="ascii") as f:
                f.write(str(value))

    def command(self, *args):
        """The argument list that runs a program in here."""
        return ["nsenter", f"--net={self.path}", *args]

    def run(self, *args, **kw):
        return run(*self.command(*args), **kw)

    def __enter__(self):
        # Sockets made inside belong to this namespace for good, whoever uses them later.
        self._home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        self._switch(self.path)
        return self

    def __exit__(self, *exc):
        if _libc.setns(self._home, CLONE_NEWNET) != 0:
            os._exit(70)  # nowhere to go back to: nothing may run on in the wrong namespace
        os.close(self._home)

    @staticmethod
    def _switch(path):
        fd = os.open(path, os.O_RDONLY)
        try:
            if _libc.setns(fd, CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), f"setns {path}")
        finally:
            os.close(fd)


def wire(a, a_dev, b, b_dev, mtu=1500, mac=None):
    """A wire between two namespaces, both ends still down; `mac` is a's. Both ends write whole
    checksums: what veth leaves to a NIC never comes to be behind AF_XDP (ping works then, TCP does
    not)."""
    run("ip", "-n", a.name, "link", "add", a_dev, *(["address", mac] if mac else []),
        "mtu", str(mtu), "type", "veth", "peer", "name", b_dev, "mtu", str(mtu), "netns", b.name)
    for ns, dev in ((a, a_dev), (b, b_dev)):
        ns.run("ethtool", "-K", dev, "tx", "off")


def link(a, a_dev, b, b_dev, mtu=1500):
    """A wire between two namespaces, in use."""
    wire(a, a_dev, b, b_dev, mtu)
    for ns, dev in ((a, a_dev), (b, b_dev)):
        ns.ip(f"link set {dev} up")


def _is_a_run(pid):
    """Whether that process still is one of ours: the kernel gives numbers out again."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            return b"python" in f.read()
    except OSError:
        return False


def _processes_in(path):
    """The processes whose network is that namespace: what a killed run left running there."""
    try:
        inode = os.stat(path).st_ino
    except OSError:
        return
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if os.stat(f"/proc/{pid}/ns/net").st_ino == inode and int(pid) != os.getpid():
                yield int(pid)


def reap(say=lambda line: None):
    """Takes away what runs that are dead have left: their processes, then their namespaces."""
    names = sorted(os.listdir(RUN)) if os.path.isdir(RUN) else []
    for name in names:
        match = re.fullmatch(PREFIX + r"-(\d+)-\w+", name)
        if not match or _is_a_run(int(match.group(1))):
            continue
        for pid in _processes_in(f"{RUN}/{name}"):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        run("ip", "netns", "del", name, check=False)
        say(f"reaped {name}, left by a killed run")
    for path in glob.glob(os.path.join(tempfile.gettempdir(), PREFIX + "-run-*")):
        match = re.fullmatch(PREFIX + r"-run-(\d+)-\w+", os.path.basename(path))
        if match and not _is_a_run(int(match.group(1))):
            shutil.rmtree(path, ignore_errors=True)


def scratch():
    """A directory for this run's files, known to be ours when we are killed."""
    return tempfile.mkdtemp(prefix=f"{PREFIX}-run-{os.getpid()}-")


def address_bytes(text):
    """An IPv6 address as it is in a packet."""
    return socket.inet_pton(socket.AF_INET6, text)


def pause(seconds):
    """Yields the CPU between two looks at something that has no event to wait for."""
    select.select([], [], [], seconds)

