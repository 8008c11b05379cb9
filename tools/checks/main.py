"""The steps of tools/check, in order; each bounded in time, none stops the others.

Decides what is run and how long it may take; tally.py counts.
"""
import argparse
import concurrent.futures
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from tally import Tally

BUILDS = "build"
ALL_S = 14 * 60 + 30          # of the short check, on two cores
FUZZ_S = 20                   # all targets together
LONG = {"fuzz_s": 600, "all_s": 4 * 3600}  # each target
MUTANTS = 32                  # the same ones in each short check
CLANG = {"CC": "clang"}
PROBES = ["-Db_sanitize=address,undefined", "-Db_lundef=false"]


class Check:
    def __init__(self, tally, long):
        self.tally, self.long = tally, long
        self.end = tally.begin + (LONG["all_s"] if long else ALL_S)
        self.jobs = str(len(os.sched_getaffinity(0)))

    def run(self, args, limit_s, env=None):
        """Exit code and output; None as code when time was up. Kills all that it started then."""
        left = min(limit_s, self.end - time.monotonic())
        if left <= 0:
            return None, "not begun: the time of the whole check is over"
        with subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", env={**os.environ, **(env or {})},
                              start_new_session=True) as p:
            try:
                out = p.communicate(timeout=left)[0]
                return p.returncode, out
            except subprocess.TimeoutExpired:
                os.killpg(p.pid, signal.SIGTERM)
                try:
                    out = p.communicate(timeout=15)[0]
                except subprocess.TimeoutExpired:
                    os.killpg(p.pid, signal.SIGKILL)
                    out = p.communicate()[0]
                return None, f"{out}\nnot done in {left:.0f} s"
            except BaseException:  # interrupted: nothing of ours runs on
                os.killpg(p.pid, signal.SIGTERM)
                raise

    # ---- Builds

    def build(self, name, options=(), env=None, targets=()):
        """Configures and builds build/check-NAME; True if it is there, without a warning."""
        where, begin = f"{BUILDS}/check-{name}", time.monotonic()
        if not self.configured(where, options):
            shutil.rmtree(where, ignore_errors=True)
            code, out = self.run(["meson", "setup", where, *options], 120, env)
            if code != 0:
                self.tally.fail(f"build {name}: meson setup", out)
                return False
            with open(f"{where}/options", "w", encoding="utf-8") as f:
                f.write(" ".join(options))
        code, out = self.run(["ninja", "-j", self.jobs, "-C", where, *targets], 600, env)
        warnings = [line for line in out.splitlines() if re.search(r"\bwarning:", line)]
        if code != 0 or warnings:
            self.tally.fail(f"build {name}", out if code != 0 else "\n".join(warnings))
            return False
        self.tally.ok()
        self.tally.say(f"build {name}: {time.monotonic() - begin:.0f} s")
        return True

    @staticmethod
    def configured(where, options):
        """A build directory is kept if it was made with these options and is whole."""
        try:
            with open(f"{where}/options", encoding="utf-8") as f:
                return f.read() == " ".join(options) and os.path.exists(f"{where}/build.ninja")
        except OSError:
            return False

    # ---- Test programs of meson

    def meson_tests(self, name, suites=(), env=None, limit_s=300):
        where, before = f"{BUILDS}/check-{name}", self.tally.passed
        args = ["meson", "test", "-C", where, "--no-rebuild", "--num-processes", self.jobs]
        for suite in suites:
            args += ["--suite", suite]
        log = f"{where}/meson-logs/testlog.json"
        if os.path.exists(log):
            os.remove(log)
        sane = {"UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1", "CMOCKA_MESSAGE_OUTPUT": "TAP"}
        code, out = self.run(args, limit_s, {**sane, **(env or {})})
        if not os.path.exists(log):
            self.tally.fail(f"tests {name}", out)
            return
        with open(log, encoding="utf-8") as f:
            for line in f:
                self.one_program(name, json.loads(line))
        if code is None:
            self.tally.fail(f"tests {name}: all of them in time", out)
        self.tally.say(f"tests {name}: {self.tally.passed - before} passed")

    def one_program(self, build, row):
        """A test program is counted by its sentences if it names them (TAP), else as one."""
        program = f"{build}: {row['name']}"
        text = (row.get("stdout") or "") + "\n" + (row.get("stderr") or "")
        said = re.findall(r"^(ok|not ok) \d+(?: -)?(?: # SKIP)? ?(.*)$", row.get("stdout") or "",
                          re.M)
        skipped = re.findall(r"^ok \d+ # SKIP ?(.*)$", row.get("stdout") or "", re.M)
        bad = [what for verdict, what in said if verdict == "not ok"]
        for what in bad:
            own = re.search(rf"^not ok \d+ - {re.escape(what)}$(.*?)(?=^(?:not )?ok |\Z)", text,
                            re.M | re.S)
            self.tally.fail(f"{program}: {what}", own.group(1).strip() if own else text)
        for what in skipped:
            self.tally.skip(f"{program}: {what}", "the test says so")
        self.tally.ok(len(said) - len(bad) - len(skipped))
        if row["result"] == "SKIP":
            self.tally.skip(program, text.strip().splitlines()[-1] if text.strip() else "no reason")
        elif row["result"] not in ("OK", "EXPECTEDFAIL") and not bad:
            self.tally.fail(f"{program}: {row['result'].lower()}", text)
        elif not said:
            self.tally.ok()

    # ---- Guards, namespaces, fuzzing

    def guards(self):
        self.tally.section("guards")
        for guard in ("includes", "pure", "style", "format", "places", "docs", "conformance"):
            code, out = self.run([f"tools/guards/{guard}"], 60)
            if code == 0:
                self.tally.ok()
            else:
                self.tally.fail(f"guard {guard}", out)
        archives = [f"{BUILDS}/check-gcc/lib/{x}/lib{x}.a" for x in ("mob", "wire")]
        code, out = self.run(["tools/guards/symbols", *archives], 60)
        if code == 0:
            self.tally.ok()
        else:
            self.tally.fail("guard symbols", out)
        code, out = self.run(["tools/guards/selftest"], 120)
        if self.tally.lines(out, "guards can fail: ") == 0:
            self.tally.fail("guards can fail", out)

    def namespaces(self, name, modules=(), limit_s=300):
        before = self.tally.passed
        # They wait more than they work.
        code, out = self.run(["test/netns/run", "--build", f"{BUILDS}/check-{name}",
                              "--jobs", self.jobs, *modules], limit_s)
        n = self.tally.lines(out, f"{name}: ")
        if code is None or n == 0:
            self.tally.fail(f"namespace tests with {name}: run to the end", out)
        self.tally.say(f"namespaces with {name}: {self.tally.passed - before} passed")

    def fuzz(self):
        found = sorted(f for f in glob.glob(f"{BUILDS}/check-fuzz/test/fuzz/fuzz_*")
                       if os.access(f, os.X_OK) and os.path.isfile(f))
        if not found:
            self.tally.fail("fuzz: targets", "no program test/fuzz/fuzz_* was built")
        jobs = int(self.jobs)
        each = LONG["fuzz_s"] if self.long else FUZZ_S * jobs // max(len(found), jobs)
        names = [os.path.basename(target)[len("fuzz_"):] for target in found]
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            done = pool.map(self.fuzz_one, found, names, [each] * len(found))
            for name, (code, out) in zip(names, done):
                if code != 0:
                    self.tally.fail(f"fuzz {name}", out)
                    continue
                runs = re.search(r"number_of_executed_units: (\d+)", out)
                self.tally.ok()
                self.tally.say(f"fuzz {name}: {each} s, {runs.group(1) if runs else '?'} inputs")

    def fuzz_one(self, target, name, seconds):
        """Exit code and output."""
        with tempfile.TemporaryDirectory(prefix="kedge-fuzz-") as fresh:
            args = [target, f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048",
                    "-print_final_stats=1", f"-artifact_prefix={BUILDS}/crash-{name}-", fresh]
            if os.path.isdir(f"test/fuzz/corpus/{name}"):
                args.append(f"test/fuzz/corpus/{name}")
            if os.path.exists(f"test/fuzz/{name}.dict"):
                args.append(f"-dict=test/fuzz/{name}.dict")
            return self.run(args, seconds + 60, {"UBSAN_OPTIONS": "halt_on_error=1"})

    def mutation(self, name, options=(), limit_s=150):
        """Whether the tests notice when a rule is changed."""
        code, out = self.run(["test/mutation/run", "--build", f"{BUILDS}/check-{name}", *options],
                             limit_s)
        last = out.strip().splitlines()[-1] if out.strip() else "nothing"
        if code == 0:
            self.tally.ok()
            self.tally.say(f"changed rules: {last}")
        else:
            self.tally.fail("changed rules are noticed", out)

    def script(self, what, args, limit_s):
        """A script that says in its last lines what it found."""
        code, out = self.run(args, limit_s)
        if code != 0:
            self.tally.fail(what, out)
            return
        self.tally.ok()
        for line in out.strip().splitlines()[-2:]:
            self.tally.say(line)

    def programs(self, name, rows, env=None):
        """Test programs with more to do than in the short check."""
        for program, args, limit_s in rows:
            what = f"{name}: {program} {' '.join(args)}"
            code, out = self.run([f"{BUILDS}/check-{name}/test/{program}", *args], limit_s, env)
            if code == 0:
                self.tally.ok()
                self.tally.say(f"{what}: {out.strip().splitlines()[-1] if out.strip() else 'ok'}")
            else:
                self.tally.fail(what, out)

    # ---- The whole

    def all(self):
        self.tally.section("build and test with gcc")
        if self.build("gcc"):
            self.meson_tests("gcc")
            self.guards()
            self.script("instructions a packet",
                        ["tools/checks/instructions", "--build", f"{BUILDS}/check-gcc"], 150)
            if not self.long:
                self.mutation("gcc", ["--sample", str(MUTANTS)])
            self.tally.section("namespaces: the programs, the Linux kernel, hosts that move")
            self.namespaces("gcc")
        self.tally.section("build and test with AddressSanitizer and UndefinedBehaviorSanitizer")
        if self.build("asan", PROBES):
            self.meson_tests("asan")
            self.namespaces("asan", () if self.long else (
                "test_bad_input", "test_mag_access", "test_mag_handoff"))
        self.tally.section("build with clang, fuzz")
        # For its warnings alone: unoptimised, that is half the time.
        self.build("clang", ["--buildtype=debug"], CLANG)
        if self.build("fuzz", [*PROBES, "-Dfuzz=true", "-Dc_args=-fsanitize=fuzzer-no-link"], CLANG,
                      ("fuzzers",)):
            self.fuzz()
        if self.long:
            self.take_longer()
        self.tally.leave()

    def take_longer(self):
        self.tally.section("longer: changed rules, simulation, another kernel, coverage")
        self.mutation("asan", limit_s=3600)
        self.programs("gcc", [("sim/sim_lma", ["random", "10000000"], 1200),
                              ("sim/sim_domain", ["random", "10000000"], 1200),
                              ("prop/torture_bcache", ["60"], 120)])
        self.programs("asan", [("sim/sim_lma", ["random", "1000000"], 1200)])
        self.namespaces("gcc", ("--in", "test/uml"))
        self.script("coverage", ["tools/coverage"], 2400)
        self.tally.section("longer: ThreadSanitizer")
        if self.build("tsan", ["-Db_sanitize=thread", "-Db_lundef=false"], CLANG):
            tsan = {"TSAN_OPTIONS": "halt_on_error=1"}
            self.meson_tests("tsan", ("prop",), tsan)
            self.programs("tsan", [("prop/torture_bcache", ["120"], 300)], tsan)


def main():
    p = argparse.ArgumentParser(prog="tools/check", description=__doc__.splitlines()[0])
    p.add_argument("--long", action="store_true",
                   help="more of what is random, all mutants, another kernel, ThreadSanitizer")
    args = p.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.makedirs(BUILDS, exist_ok=True)
    Check(Tally(), args.long).all()


if __name__ == "__main__":
    main()
