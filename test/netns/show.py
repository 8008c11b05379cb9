"""What the demonstration says on a terminal: a line a thing, when it happens, in columns.

Decides how it looks; demo.py what is said. A claim that does not hold is counted.
"""
import sys
import time

LABEL = 30


class Show:
    def __init__(self):
        self.bold, self.dim, self.good, self.bad, self.off = \
            ("\033[1m", "\033[2m", "\033[32m", "\033[31m", "\033[0m") \
            if sys.stdout.isatty() else ("",) * 5
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
            print(f"               {line}".rstrip(), flush=True)

    def command(self, program, *args):
        """A command as an operator types it, and what it answers."""
        print(f"            {self.dim}{program.name}$ kedgectl {' '.join(args)}{self.off}")
        done = program.ctl(*args)
        self.lines(done.stdout + done.stderr)
        if done.returncode != 0:
            self.claim(f"kedgectl {' '.join(args)}", False, "does not answer")

    def table(self, head, rows):
        """Columns as wide as they must be; the first from the left, the others from the right."""
        cells = [list(map(str, row)) for row in (head, *rows)]
        widths = [max(map(len, column)) for column in zip(*cells)]
        for i, row in enumerate(cells):
            line = "   ".join(cell.ljust(w) if j == 0 else cell.rjust(w)
                              for j, (cell, w) in enumerate(zip(row, widths)))
            print(f"  {self.bold if i == 0 else ''}{line.rstrip()}{self.off if i == 0 else ''}",
                  flush=True)
