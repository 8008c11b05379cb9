"""Cycles a packet and PBUs a second over the number of bindings, drawn by gnuplot."""
import os
import subprocess

HEAD = """set terminal pngcairo size 900,520 font 'sans,11'
set output '{png}'
set title '{title}'
set logscale x
set xlabel 'bindings'
set ylabel '{unit}'
set yrange [0:*]
set grid
set key left {key}
"""


def draw(png, title, unit, lines, key="top"):
    """lines: [(what, [(x, y), ...])]. False: nothing to draw, or no gnuplot."""
    lines = [(what, points) for what, points in lines if points]
    if not lines:
        return False
    text = HEAD.format(png=png, title=title, unit=unit, key=key) + "plot " + ", ".join(
        f"'-' with linespoints lw 2 pt 7 title '{what}'" for what, _ in lines) + "\n"
    for _, points in lines:
        text += "".join(f"{x} {y}\n" for x, y in sorted(points)) + "e\n"
    try:
        done = subprocess.run(["gnuplot"], input=text, text=True, capture_output=True, timeout=60,
                              check=False)
    except OSError:
        return False
    return done.returncode == 0 and os.path.exists(png)


def over_bindings(rows, name, key, **want):
    return [(r["bindings"], r[key]) for r in rows
            if r["name"] == name and all(r.get(k) == v for k, v in want.items())]


def all_plots(rows, where, machine):
    best = next((r["isa"] for r in rows if r["name"] == "best"), None)
    cycles = [(what, over_bindings(rows, name, "cycles", size=64, isa=best)) for what, name in (
        ("downlink", "down"), ("uplink, source check and 1000 routes", "up"),
        ("lookup alone", "lookup"))]
    floor = next((r["cycles"] for r in rows if r["name"] == "testpmd"), None)
    xs = [x for _, points in cycles for x, _ in points]
    if floor and xs:
        cycles.append(("dpdk-testpmd, mac, no lookup", [(min(xs), floor), (max(xs), floor)]))
    pbus = [(what, [(x, y / 1000) for x, y in over_bindings(rows, name, "pbu_per_s")])
            for what, name in (("refreshes", "control refresh"), ("handovers", "control handover"),
                               ("first registrations", "control initial"),
                               ("a mix", "control mix"))]
    drawn = []
    for name, title, unit, lines, key in (
            ("cycles.png", f"64 bytes, random keys, one worker ({machine})",
             "TSC cycles a packet", cycles, "top"),
            ("pbus.png", f"Proxy Binding Updates, one control thread ({machine})",
             "thousand PBUs a second", pbus, "bottom")):
        png = os.path.join(where, name)
        if draw(png, title, unit, lines, key):
            drawn.append(png)
    return drawn
