"""Measures Kedge beside dpdk-testpmd, and says for each goal whether it is reached.

Decides what is measured and in which order; the floor is taken before, between and after.
"""
import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import time

import compare
import goals
import machine
import plots
import table
from measure import Bench, Failed

HUGE_MB, HUGE_LEAST_MB = 2048, 1024  # the cache of 16 M bindings alone has 512
SIZES = (128, 256, 512, 1024, 1400)
KINDS = ("scalar", "avx2", "avx512")


class Run:
    def __init__(self, bench, quick):
        self.bench, self.quick = bench, quick
        self.rows, self.floor, self.began = [], [], time.monotonic()

    def step(self, what):
        print(f"{time.monotonic() - self.began:6.0f} s  {what}", flush=True)

    def take_floor(self):
        self.step("floor: dpdk-testpmd, mac forwarding, net_null")
        pps = self.bench.testpmd(8 if self.quick else 12)
        if pps:
            self.floor.append(pps)

    def path(self, bindings, *more):
        self.step(f"path, {bindings} bindings {' '.join(more)}".rstrip())
        rounds = "21" if self.quick else "41"
        found = self.bench.rows("path", bindings, "--rounds", rounds, *more)
        self.rows += found
        return found

    def kinds(self):
        """Every kind of vectors that this CPU has, from the one program; the best one's name."""
        ran = [r for kind in KINDS for r in self.path(1000000, "--isa", kind, "--only", "down")]
        for kind in KINDS[1:]:
            if kind in (r["isa"] for r in ran):
                continue
            print(f"  {kind}: not on this CPU", flush=True)
        return sorted({r["isa"] for r in ran})

    def mode(self, mode, bindings, two=False, more=(), limit_s=240):
        self.step(f"{mode}, {bindings} bindings")
        self.rows += self.bench.rows(mode, bindings, *more, two=two, limit_s=limit_s)

    def all(self, where):
        self.take_floor()
        first = self.path(1000000)
        if not first:
            raise Failed("kedge-bench measured nothing: see above")
        best, hz = first[0]["isa"], first[0]["tsc_hz"]
        kinds = self.kinds()
        self.take_floor()
        for bindings in (10000, 16000000) if self.quick else (10000, 100000, 4000000, 16000000):
            self.path(bindings)
        self.take_floor()
        self.mode("stages", 1000000)
        for size in SIZES[:: 4 if self.quick else 1]:
            self.path(1000000, "--size", str(size))
        self.mode("workers", 1000000, two=True)
        self.mode("spread", 1000000, two=True)
        for bindings in (10000, 100000, 1000000, 4000000, 16000000)[:: 2 if self.quick else 1]:
            self.mode("control", bindings)
        self.mode("changes", 1000000)
        for bindings in (1000000, 16000000)[1 if self.quick else 0:]:
            self.mode("insert", bindings)
        self.mode("serve", 1000000, two=True)
        self.mode("latency", 1000000, two=True)
        self.step("lookups under changes")
        self.rows.append({"name": "torture", "missed": self.bench.torture(5 if self.quick else 20)})
        self.step("end to end: kedge-load, kedge-lma, kedge-load over memif")
        less = ("--ways", "down", "--sizes", "64", "--seconds", "1") if self.quick else ()
        self.rows += self.bench.memif(os.path.join(where, "memif.json"), *less)
        if self.floor:
            pps = statistics.median(self.floor)
            self.rows.append({"name": "testpmd", "pps": pps, "cycles": round(hz / pps, 2),
                              "mpps": round(pps / 1e6, 3), "runs": [round(x) for x in self.floor]})
        self.rows.append({"name": "best", "isa": best, "kinds": len(kinds), "ran": kinds,
                          "possible": len(possible()), "tsc_hz": hz})


def possible():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
        flags = next((x for x in f if x.startswith("flags")), "").split()
    return ["scalar"] + [k for k, flag in (("avx2", "avx2"), ("avx512", "avx512f")) if flag in flags]


def commit():
    here = os.path.dirname(os.path.abspath(__file__))
    done = subprocess.run(["git", "-C", here, "describe", "--always", "--dirty"], text=True,
                          capture_output=True, check=False)
    return done.stdout.strip() or "unknown"


def main():
    p = argparse.ArgumentParser(prog="tools/bench", description=__doc__.splitlines()[0])
    p.add_argument("--build", default="build/bench", help=argparse.SUPPRESS)
    p.add_argument("--quick", action="store_true", help="five minutes at most: fewer sizes and bindings")
    p.add_argument("--json", help="where the result goes (build/bench/result.json)")
    p.add_argument("--compare", metavar="OLD.json", help="an earlier result: its ratios beside these")
    p.add_argument("--no-huge", action="store_true", help="go without huge pages, testpmd too")
    args = p.parse_args()
    old = compare.load(args.compare) if args.compare else None
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    where = os.path.dirname(args.json or "") or args.build
    about, (cpu, other) = machine.describe(), machine.cpus()
    print(f"{about['cpu']}, family/model {about['family_model']}, {about['cpus']} CPUs, "
          f"{about['memory_gib']} GiB, {'virtual, ' if about['virtual'] else ''}kernel {about['kernel']}, "
          f"load {about['load']:.1f}")
    if about["load"] > about["cpus"] / 2:
        print("the machine is busy: read ratios, not single figures")
    with machine.huge_pages(0 if args.no_huge else HUGE_MB) as free_mb:
        huge = not args.no_huge and free_mb >= HUGE_LEAST_MB
        print(f"CPU {cpu} is measured; huge pages: " +
              (f"{free_mb} MB" if huge else f"none ({free_mb} MB were to be had, {HUGE_LEAST_MB} are needed)"))
        run = Run(Bench(args.build, cpu, other, huge), args.quick)
        try:
            run.all(where)
        except Failed as e:
            sys.exit(f"bench: {e}")
    judged = goals.judge(run.rows)
    result = {"machine": about, "commit": commit(), "date": time.strftime("%Y-%m-%d"),
              "huge_pages": huge, "quick": args.quick, "rows": run.rows, "goals": judged}
    path = args.json or os.path.join(args.build, "result.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(result, f, indent=1)
        f.write("\n")
    run.step("done")
    print(table.text(run.rows))
    if old:
        print(compare.text(old, result))
    drawn = plots.all_plots(run.rows, where, f"{about['cpu']} {about['family_model']}")
    print(f"{path}{''.join(', ' + x for x in drawn)}\n")
    for goal in judged:
        print(goals.line(goal))


if __name__ == "__main__":
    main()
