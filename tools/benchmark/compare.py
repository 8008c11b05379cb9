"""This result beside an earlier one: only ratios, and of cycles those to testpmd in each run, for two
runs of one machine are not the same machine."""
import json
import sys

KEYS = (("cycles", -1), ("pbu_per_s", 1), ("changes_per_s", 1), ("seconds", -1), ("p99_us", -1),
        ("mpps", 1))
NAMING = ("name", "bindings", "size", "isa", "workers")


def load(path):
    try:
        with open(path, encoding="utf-8") as f:
            old = json.load(f)
        old["rows"]  # pylint: disable=pointless-statement
        return old
    except (OSError, ValueError, KeyError, TypeError) as e:
        sys.exit(f"bench: {path} is no result of tools/bench: {e}")


def _key(row):
    return tuple(row.get(k) for k in NAMING)


def text(old, new):
    before = {_key(r): r for r in old["rows"]}
    lines = [f"beside {old.get('commit', 'unknown')} of {old.get('date', 'unknown')}: new / old", ""]
    for row in new["rows"]:
        was = before.get(_key(row))
        for key, better in KEYS:
            if not was or not was.get(key) or not row.get(key):
                continue
            ratio = row[key] / was[key]
            what = " ".join(str(x) for x in _key(row) if x is not None)
            good = "better" if (ratio - 1) * better > 0.03 else "worse" if (ratio - 1) * better < -0.03 \
                else ""
            lines.append(f"  {what:44} {key:14} {was[key]:12.4g} {row[key]:12.4g} {ratio:7.3f} {good}")
            break
    return "\n".join(lines)
