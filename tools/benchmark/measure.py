"""Runs what is measured, each bounded in time, and gives back rows: one dictionary a line of JSON.

Where there are two CPUs and the rights, what runs on one of them alone has real-time priority, all
of it alike: other work on the machine then disturbs less.
"""
import json
import os
import re
import statistics
import subprocess
import sys


class Failed(Exception):
    """What did not run, and what it said."""


def _real_time():
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except (OSError, AttributeError):
        pass


def run(args, limit_s, alone=False, check=True):
    try:
        done = subprocess.run(args, capture_output=True, text=True, timeout=limit_s, check=False,
                              stdin=subprocess.DEVNULL, preexec_fn=_real_time if alone else None)
    except subprocess.TimeoutExpired as e:
        raise Failed(f"{os.path.basename(args[0])}: not done in {limit_s} s") from e
    except OSError as e:
        raise Failed(f"{args[0]}: {e.strerror}") from e
    if check and done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise Failed(f"{os.path.basename(args[0])} {args[1]}: {said[-1] if said else 'failed'}")
    return done.stdout


class Bench:
    def __init__(self, build, cpu, other, huge):
        self.program = os.path.join(build, "test/perf/bench/kedge-bench")
        self.build, self.cpu, self.other, self.huge = build, cpu, other, huge

    def rows(self, mode, bindings, *more, two=False, limit_s=240):
        """Nothing, and a line why, where that mode cannot run here."""
        if two and self.other is None:
            print(f"  {mode}: left out, it takes two CPUs", flush=True)
            return []
        cpus = f"{self.other},{self.cpu}" if two else str(self.cpu)
        args = [self.program, mode, "--bindings", str(bindings), "--cpus", cpus, *more]
        if self.huge:
            args.append("--huge")
        try:
            out = run(args, limit_s, alone=not two)
        except Failed as e:
            print(f"  {mode} {bindings}: {e}", file=sys.stderr, flush=True)
            return []
        return [json.loads(line) for line in out.splitlines() if line.startswith("{")]

    def testpmd(self, seconds):
        """Packets a second that dpdk-testpmd forwards by MAC between an in-memory port and itself."""
        if self.other is None:
            print("  testpmd: left out, it takes two CPUs", flush=True)
            return None
        memory = ["--in-memory"] if self.huge else ["--no-huge"]
        args = ["dpdk-testpmd", "-l", f"{self.other},{self.cpu}", *memory, "-m", "256", "--no-pci",
                "--vdev=net_null0,size=64", "--", "--forward-mode=mac", "--port-topology=loop",
                "--auto-start", "--stats-period", "1", "--total-num-mbufs=4096"]
        try:
            with subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, preexec_fn=_real_time) as p:
                try:
                    out = p.communicate(timeout=seconds)[0]
                except subprocess.TimeoutExpired:
                    p.terminate()
                    out = p.communicate(timeout=20)[0]
        except OSError as e:
            raise Failed(f"dpdk-testpmd: {e.strerror}: tools/setup bench") from e
        rates = [int(x) for x in re.findall(r"Rx-pps:\s+(\d+)", out)]
        rates = [x for x in rates[2:] if x > 0]  # the first ones are of its start
        if not rates:
            raise Failed(f"dpdk-testpmd forwarded nothing: {out.strip().splitlines()[-1:]}")
        return statistics.median(rates)

    def torture(self, seconds):
        """Lookups under changes: how many missed a binding, or got another's."""
        out = run([os.path.join(self.build, "test/prop/torture_bcache"), str(seconds)],
                  seconds + 60)
        found = re.search(r"missed (\d+), foreign (\d+)", out)
        return int(found[1]) + int(found[2]) if found else None

    def memif(self, where, *more, limit_s=400):
        here = os.path.dirname(os.path.abspath(__file__))
        args = [os.path.join(here, "../../test/perf/memif"), "--build", self.build, "--json", where,
                *more]
        if self.huge:
            args.append("--huge")
        try:
            run(args, limit_s)
            with open(where, encoding="ascii") as f:
                return [json.loads(line) for line in f]
        except (Failed, OSError) as e:
            print(f"  memif: {e}", file=sys.stderr, flush=True)
            return []
