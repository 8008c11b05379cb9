"""What the demonstration says on a terminal: a line a thing, when it happens, in columns.

Decides how it looks; demo.py what is said. A claim that does not hold is counted.
"""
import fcntl
import os
import pty
import shutil
import struct
import subprocess
import sys
import termios
import time

INDENT, LABEL = 15, 20


def on_terminal(command, columns):
    """Runs it as on a terminal of that width, which kedgectl's tables fit themselves into."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=its, stderr=its) as process:
        os.close(its)
        said = b""
        try:
            while more := os.read(ours, 4096):
                said += more
        except OSError:
            pass  # this is how the end of a terminal looks
        os.close(ours)
    return process.returncode, said.decode(errors="replace")


class Show:
    def __init__(self):
        self.bold, self.dim, self.good, self.bad, self.off = \
            ("\033[1m", "\033[2m", "\033[32m", "\033[31m", "\033[0m") \
            if sys.stdout.isatty() else ("",) * 5
        # A line that would wrap is cut; in a file it is whole.
        self.width = shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else 1000
        self.begin = time.monotonic()
        self.held = self.broken = 0

    def seconds(self):
        return time.monotonic() - self.begin

    def scene(self, title):
        print(f"\n{self.bold}{title}{self.off}", flush=True)

    def say(self, label, value=""):
        when = f"{self.dim}{self.seconds():6.2f} s{self.off}"
        print(f"{when}       {label:<{LABEL}} {value}".rstrip(), flush=True)

    def claim(self, label, holds, value=""):
        self.held += bool(holds)
        self.broken += not holds
        mark = f"{self.good}ok{self.off}" if holds else f"{self.bad}NO{self.off}"
        when = f"{self.dim}{self.seconds():6.2f} s{self.off}"
        print(f"{when}   {mark}  {label:<{LABEL}} {value}".rstrip(), flush=True)

    def lines(self, text):
        for line in text.splitlines():
            print(f"{'':{INDENT}}{line}".rstrip()[:self.width], flush=True)

    def command(self, program, *args):
        """A command as an operator types it, and what it answers."""
        print(f"{'':{INDENT}}{self.dim}{program.name}$ kedgectl {' '.join(args)}{self.off}")
        code, said = on_terminal(
            [program.ctl_program, "--socket", program.socket, *args],
            min(max(self.width, 80), 130) - INDENT)
        self.lines(said)
        if code != 0:
            self.claim(f"kedgectl {' '.join(args)}", False, "does not answer")

    def table(self, head, rows, left=(0,)):
        """Columns as wide as they must be; those in `left` from the left, others from the right."""
        cells = [list(map(str, row)) for row in (head, *rows)]
        widths = [max(map(len, column)) for column in zip(*cells)]
        for i, row in enumerate(cells):
            line = "   ".join(cell.ljust(w) if j in left else cell.rjust(w)
                              for j, (cell, w) in enumerate(zip(row, widths)))
            on, off = (self.bold, self.off) if i == 0 else ("", "")
            print(f"{on}{'':{INDENT}}{line.rstrip()}"[:self.width + len(on)] + off, flush=True)
