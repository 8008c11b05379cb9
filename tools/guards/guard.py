"""What the guards share: which files there are, and how a finding is reported.

A guard is a program `tools/guards/NAME [ROOT]`: one line a finding, file:line: what is wrong, and
exit code 1 if there is one. It reads the sources only, and can be shown to fail: see selftest.
"""
import os
import re
import subprocess
import sys


def files(root, *suffixes):
    """Paths under root, as the project has them: what git knows, or all where there is no git."""
    done = subprocess.run(["git", "-C", root, "-c", f"safe.directory={os.path.abspath(root)}",
                           "ls-files", "-co", "--exclude-standard"],
                          capture_output=True, text=True, check=False)
    if os.path.exists(os.path.join(root, ".git")) and done.returncode == 0:
        names = sorted(set(done.stdout.splitlines()))
    else:
        names = []
        for top, dirs, here in os.walk(root):
            dirs[:] = sorted(d for d in dirs if not d.startswith(("build", ".git", "__pycache__")))
            names += [os.path.relpath(os.path.join(top, f), root) for f in sorted(here)]
    return [n for n in names if n.endswith(suffixes or ("",)) and
            os.path.isfile(os.path.join(root, n))]


def read(root, name):
    with open(os.path.join(root, name), encoding="utf-8", errors="replace") as f:
        return f.read()


def code_only(text):
    """The same lines with strings and comments blanked, so that words in them do not count."""
    out = []
    for line in text.splitlines():
        line = re.sub(r'"(\\.|[^"\\])*"', '""', line)
        line = re.sub(r"'(\\.|[^'\\])+'", "''", line)
        out.append(line.split("//", 1)[0])
    return out


class Findings:
    def __init__(self):
        self.n = 0

    def add(self, where, what):
        self.n += 1
        print(f"{where}: {what}")

    def leave(self):
        sys.exit(1 if self.n else 0)


def root_of_arguments():
    here = os.path.dirname(os.path.abspath(__file__))
    return sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(here))
