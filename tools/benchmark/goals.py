"""What Kedge means to reach, and whether these rows do.

A goal whose rows are not there is `short`, with `-` as what was measured: what was not shown is not
reached. Cycles are for hosts as fast as the one that the goals were set on, by testpmd's measure;
on slower ones the same goals are parts of what testpmd does there.
"""
FAST_HOST = 22.0  # cycles of testpmd a packet


class Rows:
    def __init__(self, rows):
        self.rows = rows

    def get(self, name, key, **want):
        for row in self.rows:
            if row["name"] == name and all(row.get(k) == v for k, v in want.items()):
                return row.get(key)
        return None


def forwarding(rows):
    floor = rows.get("testpmd", "cycles")
    fast = floor is not None and floor <= FAST_HOST
    limits = (("down", 1000000, 45, 40), ("down", 16000000, 50, 36), ("up", 1000000, 54, 40),
              ("up", 16000000, 58, 36))
    for way, bindings, cycles, percent in limits:
        got = rows.get(way, "cycles", bindings=bindings, size=64, isa=rows.get("best", "isa"))
        name = f"{way}link-{bindings // 1000000}M"
        if fast:
            yield f"{name}-cycles", got, "<=", cycles
        else:
            share = 100 * floor / got if floor and got else None
            yield f"{name}-percent-of-testpmd", share, ">=", percent


def goals(all_rows):
    """(name, measured or None, "<=" or ">=", limit)."""
    rows = Rows(all_rows)
    yield from forwarding(rows)
    yield "instruction-sets-in-one-binary", rows.get("best", "kinds"), ">=", rows.get("best", "possible")
    n = max((r["workers"] for r in all_rows if r["name"] == "workers_down"), default=None)
    for way in ("down", "up"):
        added = rows.get(f"workers_{way}", "added", workers=n)
        yield (f"added-worker-{way}-percent-of-first", 100 * added if added is not None else None,
               ">=", 95)
    n = max((r["workers"] for r in all_rows if r["name"] == "spread"), default=None)
    yield "spread-imbalance-percent", rows.get("spread", "imbalance_percent", workers=n), "<=", 10
    yield "spread-reordered", rows.get("spread", "reordered", workers=n), "<=", 0
    yield "pbu-per-s-1M", rows.get("control mix", "pbu_per_s", bindings=1000000), ">=", 500000
    yield "cache-changes-per-s-1M", rows.get("changes", "changes_per_s", bindings=1000000), ">=", 2000000
    yield "worker-slower-at-100k-pbu-percent", rows.get("serve", "slower_percent"), "<=", 2
    yield "lookups-missed-under-changes", rows.get("torture", "missed"), "<=", 0
    yield "pbu-to-first-packet-p99-us", rows.get("latency", "p99_us"), "<=", 50
    yield ("data-bytes-per-binding-16M",
           rows.get("insert", "data_bytes_per_binding", bindings=16000000), "<=", 64)
    yield ("control-bytes-per-binding-16M",
           rows.get("insert", "control_bytes_per_binding", bindings=16000000), "<=", 200)
    yield "insert-16M-seconds", rows.get("insert", "seconds", bindings=16000000), "<=", 16


def judge(all_rows):
    found = []
    for name, got, sense, limit in goals(all_rows):
        ok = got is not None and (got <= limit if sense == "<=" else got >= limit)
        found.append({"name": name, "measured": got, "sense": sense, "limit": limit, "ok": ok})
    return found


def line(goal):
    got = "-" if goal["measured"] is None else f"{goal['measured']:.6g}"
    return f"goal {goal['name']} {got} {goal['sense']}{goal['limit']} {'ok' if goal['ok'] else 'short'}"
