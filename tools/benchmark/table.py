"""The rows as a person reads them, with the ratio to testpmd where that means something."""


def _number(x, digits=1):
    return "-" if x is None else f"{x:,.{digits}f}".replace(",", " ")


def forwarding(rows, floor):
    lines = [f"{'forwarding, one worker':30} {'bindings':>10} {'bytes':>6} {'vectors':>8} "
             f"{'cycles':>8} {'Mpps':>7} {'of testpmd':>10}"]
    if floor:
        lines.append(f"{'dpdk-testpmd mac, net_null':30} {'':>10} {64:>6} {'':>8} "
                     f"{_number(floor['cycles']):>8} {_number(floor['mpps']):>7} {'100 %':>10}")
    names = {"io": "our port, nothing done", "mac": "our port, mac", "lookup": "lookup alone",
             "down": "downlink", "up": "uplink"}
    for r in rows:
        if r["name"] not in names or "isa" not in r:
            continue
        share = f"{100 * floor['cycles'] / r['cycles']:.0f} %" if floor else ""
        lines.append(f"{names[r['name']]:30} {r['bindings']:>10} {r['size']:>6} {r['isa']:>8} "
                     f"{_number(r['cycles']):>8} {_number(r['mpps']):>7} {share:>10}")
    return lines


def others(rows):
    lines = []
    for r in rows:
        n, b = r["name"], r.get("bindings", "")
        if n.startswith("stage "):
            what = f"{_number(r['cycles'])} cycles a packet"
        elif n.startswith("workers_"):
            what = f"{r['workers']} workers: {_number(r['mpps'])} Mpps, the last one adds " \
                f"{100 * r['added']:.0f} % of the first"
        elif n == "spread":
            what = f"one MAG, {r['workers']} workers: {_number(r['mpps'])} Mpps ({_number(r['mpps_alone'])} " \
                f"by one alone), {_number(r['cost'])} cycles more a packet, " \
                f"{_number(r['imbalance_percent'], 2)} % imbalance, {r['reordered']} reordered"
        elif n.startswith("control "):
            what = f"{_number(r['pbu_per_s'], 0)} PBUs a second"
        elif n == "changes":
            what = f"{_number(r['changes_per_s'], 0)} changes of the cache a second"
        elif n == "insert":
            what = f"{_number(r['seconds'], 2)} s; bytes a binding: {_number(r['control_bytes_per_binding'])} " \
                f"control, {_number(r['data_bytes_per_binding'])} data"
        elif n == "serve":
            what = f"a worker is {_number(r['slower_percent'], 2)} % slower at {r['pbu_per_s']} PBUs a second"
        elif n == "latency":
            what = f"PBU to first packet: p50 {_number(r['p50_us'])} us, p99 {_number(r['p99_us'])} us"
        elif n == "torture":
            what = f"{r['missed']} lookups missed or wrong under changes"
        elif n.startswith("memif") and "mpps" in r:
            what = f"{_number(r['mpps'], 3)} Mpps, {r.get('lost', 0)} of {r.get('sent', 0)} lost"
            if r.get("p99_us") is not None:
                what += f", p99 {_number(r['p99_us'])} us"
        elif n.startswith("memif") and "pbu_per_s" in r:
            what = f"{_number(r['pbu_per_s'], 0)} PBUs a second end to end"
        else:
            continue
        lines.append(f"{n:30} {b:>10}  {what}")
    return lines


def text(rows):
    floor = next((r for r in rows if r["name"] == "testpmd"), None)
    return "\n".join(["", *forwarding(rows, floor), "", *others(rows), ""])
