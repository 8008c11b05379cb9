"""A program under test: starts it in a namespace, talks to its management socket.

Ready is what the program says ("ready" on standard output), not a time that passed. What a program
shows beyond the counters that all have is its own file's: lma.py, mag_program.py.
"""
import json
import os
import select
import signal
import socket
import subprocess
import threading
import time

from kernel import Failed, pause

SANITIZER = {"ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0:exitcode=99",
             "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1:exitcode=99"}


class Program:
    """`name` is also where meson puts it: app/ROOM/NAME."""
    room = name = ""

    def __init__(self, ns, build, config, sock):
        self.ns, self.config, self.socket = ns, config, sock
        self.program = os.path.join(build, "app", self.room, self.name)
        self.ctl_program = os.path.join(build, "app/ctl/kedgectl")
        self.process, self.log = None, []

    # ---- The process

    def start(self, timeout=60):
        self.log = []
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            self.ns.command(self.program, "--config", self.config), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**SANITIZER, **os.environ})
        threading.Thread(target=self._drain, args=(self.process.stderr,), daemon=True).start()
        if not self._says(b"ready", timeout):
            code = self.process.poll()
            self.kill()
            raise Failed(f"{self.name} is not ready (exit code {code}):\n{self.tail()}")
        return self

    def _drain(self, pipe):
        for line in pipe:
            self.log.append(line.decode(errors="replace").rstrip())

    def _says(self, word, timeout):
        deadline, seen = time.monotonic() + timeout, b""
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([self.process.stdout], [], [], left)[0]:
                return False
            more = os.read(self.process.stdout.fileno(), 4096)
            if not more:
                self.process.wait()
                return False
            seen += more
            if word in seen.splitlines():
                return True
        return False

    def tail(self, n=15):
        return "\n".join(self.log[-n:])

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, timeout=20):
        """SIGTERM; the exit code."""
        if self.process is None:
            return None
        if self.is_running():
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired as e:
            self.kill()
            raise Failed(f"{self.name} does not stop:\n{self.tail()}") from e

    def kill(self):
        if self.is_running():
            self.process.kill()
        if self.process is not None:
            self.process.wait()

    # ---- What it says of itself

    def show(self, what, timeout=5):
        """The rows of `show WHAT`, straight from the management socket."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(timeout)
            s.connect(self.socket)
            s.sendall(f"show {what}\n".encode())
            rows = []
            for line in s.makefile():
                row = json.loads(line)
                if "error" in row:
                    raise Failed(f"show {what}: {row}")
                if row.get("end"):
                    return rows
                rows.append(row)
        raise Failed(f"show {what}: no end")

    def stats(self):
        return {row["name"]: row["value"] for row in self.show("stats")}

    def drops(self):
        return {row["name"]: row["count"] for row in self.show("drops")}

    def counters(self):
        return {**self.stats(), **self.drops()}

    def until(self, true, what, timeout=10):
        """Waits for a state that has no event: asks again until it is there."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if not self.is_running():
                raise Failed(f"{self.name} ended while waiting for {what}:\n{self.tail()}")
            value = true()
            if value:
                return value
            pause(0.02)
        raise Failed(f"not within {timeout} s: {what}")

    def ctl(self, *args, timeout=10):
        return subprocess.run([self.ctl_program, "--socket", self.socket, *args],
                              capture_output=True, text=True, timeout=timeout, check=False)

    def imbalance(self):
        """Received + originated + fragmented against the sum of all verdicts and what is held; 0 is right."""
        s, drops = self.stats(), self.drops()
        taken = sum(v for k, v in s.items() if k.startswith(("tx_", "punt_", "merged_")))
        lost = sum(v for k, v in drops.items() if k.startswith("drop_"))
        return s["received"] + s["originated"] + s["fragmented"] - taken - lost - s["held"]

    def balances(self):
        """Every packet has one verdict. Traffic goes on between two looks, so it is asked again."""
        self.until(lambda: self.imbalance() == 0,
                   f"{self.name}: received + originated + fragmented = verdicts + held")
