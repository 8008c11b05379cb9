"""Counting results and saying them: what passed is a number, what failed or was skipped a line.

Knows nothing of what is run.
"""
import re
import sys
import time

LINE = re.compile(r"^(ok|not ok|skip) - (.*)$")


class Tally:
    def __init__(self):
        self.passed, self.failures, self.skips = 0, [], []
        self.begin = time.monotonic()

    def section(self, title):
        print(f"\n== {title}", flush=True)

    def ok(self, n=1):
        self.passed += n

    def fail(self, what, details=""):
        self.failures.append(what)
        print(f"  FAILED {what}", flush=True)
        for line in details.rstrip().splitlines()[-40:]:
            print(f"    | {line}")
        sys.stdout.flush()

    def skip(self, what, why):
        self.skips.append(what)
        print(f"  skipped {what}: {why}", flush=True)

    def say(self, text):
        print(f"  {text}", flush=True)

    def lines(self, output, where=""):
        """Counts "ok - X", "not ok - X" and "skip - X (why)" of a runner; how many there were."""
        n, lines = 0, output.splitlines()
        for i, line in enumerate(lines):
            match = LINE.match(line)
            if not match:
                continue
            n += 1
            verdict, what = match.groups()
            if verdict == "ok":
                self.ok()
            elif verdict == "skip":
                what, _, why = what.partition(" (")
                self.skip(where + what, why.rstrip(")"))
            else:
                more = []
                while i + 1 + len(more) < len(lines) and lines[i + 1 + len(more)].startswith("  "):
                    more.append(lines[i + 1 + len(more)])
                self.fail(where + what, "\n".join(more))
        return n

    def leave(self):
        """The summary, its last line alone, and the exit code."""
        minutes, seconds = divmod(int(time.monotonic() - self.begin), 60)
        print(f"\nin {minutes} min {seconds} s")
        for what in self.failures:
            print(f"failed: {what}")
        print(f"{self.passed} passed, {len(self.failures)} failed, {len(self.skips)} skipped")
        sys.exit(1 if self.failures else 0)
