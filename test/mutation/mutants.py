"""What is changed: one row of a table or one operator at a time, in the text of a C file.

Knows as much C as that takes: comments, strings and lines of the preprocessor are left alone.
"""
import dataclasses
import hashlib
import re

OPERATORS = {
    "==": ("!=",), "!=": ("==",), "<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="),
    ">=": (">", "<"), "&&": ("||",), "||": ("&&",), "!": ("",),
}
TOKEN = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|^[ \t]*#[^\n]*|"
                   r"->|<<=?|>>=?|[=!<>]=|&&|\|\||[<>!]", re.S | re.M)
ROW = re.compile(r"^\t\{\"([^\"]*)\", (\w+)(?:, (\w+))?\},\n", re.M)
CELL = re.compile(r"\[(H?EV_\w+)\] = (\w+)[,}]")
REMEDY = re.compile(r"^\t\t\{(PBA_\w+), ([A-Z_]+)\},.*\n", re.M)
CONDITION = re.compile(r"\b(?:if|while) \(([^()=<>!&|?]*(?:\([^()=<>!&|?]*\)[^()=<>!&|?]*)*)\)(?=[\s;{])")
# What another outcome of a row of the lookup would be.
OUTCOMES = {"NONE": "FOUND", "FOUND": "NONE", "FOUND_FULL": "NONE", "WAIT": "NONE", "SHARE": "FOUND",
            "SILENT": "NOT_YOURS", "NOT_YOURS": "NONE", "WRONG_SET": "NOT_YOURS"}
NEGATED = {
    "admit.c": "static enum pba_status not_{0}(struct lma *lma, const struct request *r, "
               "const struct match *m)\n{{\n\treturn {0}(lma, r, m) == PBA_ACCEPTED ? "
               "PBA_UNSPECIFIED : PBA_ACCEPTED;\n}}\n",
    "lookup.c": "static bool not_{0}(const struct scene *s)\n{{\n\treturn !{0}(s);\n}}\n",
}


@dataclasses.dataclass(frozen=True)
class Mutant:
    file: str
    line: int
    kind: str      # row, cell, operator, condition
    was: str       # the line, without white space around it
    change: str    # in words, unique in its line
    text: str = dataclasses.field(repr=False)  # of the whole file

    @property
    def order(self):
        """Where a sample takes it: the same in each run, and spread."""
        what = f"{self.file} {self.was} {self.change}"
        return hashlib.sha256(what.encode()).hexdigest()

    def __str__(self):
        return f"{self.file}:{self.line}: {self.change}\n    {self.was}"


class Source:
    def __init__(self, file, text):
        self.file, self.text, self.seen = file, text, {}

    def mutant(self, kind, begin, end, by, change):
        line = self.text.count("\n", 0, begin) + 1
        was = self.text.splitlines()[line - 1].strip()
        # Two like changes in one line are told apart by number.
        times = self.seen[line, change] = self.seen.get((line, change), 0) + 1
        change += f" ({times})" if times > 1 else ""
        return Mutant(self.file, line, kind, was, change, self.text[:begin] + by + self.text[end:])

    def operators(self):
        for token in TOKEN.finditer(self.text):
            for by in OPERATORS.get(token.group(), ()):
                if self.is_moot(token, by):
                    continue
                yield self.mutant("operator", *token.span(), by,
                                  f"{token.group()} becomes {by}" if by else "without !")

    def is_moot(self, token, by):
        """A loop that runs one too far reads what is not there: the sanitizers' matter, not a
        rule's. Of two that are equal either is the larger one."""
        line = self.text[self.text.rfind("\n", 0, token.start()) + 1:
                         self.text.find("\n", token.end())]
        if (token.group(), by) == ("<", "<="):
            if re.match(r"\s*for \(", line):
                return True
        if by == token.group() + "=":
            after = re.compile(r" ([\w.>-]+)\s+\? ([\w.>-]+)\s*: ([\w.>-]+)").match(
                self.text, token.end())
            return bool(after) and {after[2], after[3]} == {
                self.text[:token.start()].split()[-1].lstrip("("), after[1]}
        return False

    def conditions(self):
        """Those without an operator of their own."""
        for found in CONDITION.finditer(self.text):
            what = found.group(1)
            yield self.mutant("condition", *found.span(1), f"!({what})", f"not: {what}")

    def rows(self):
        for row in ROW.finditer(self.text):
            rule, check, outcome = row.groups()
            if check != "always":  # the end of a table
                yield self.mutant("row", *row.span(), "", f"without the row {rule}, {check}")
                yield self.negated(row, rule, check)
            if outcome:
                other = OUTCOMES[outcome]
                yield self.mutant("row", *row.span(3), other, f"{rule}: {outcome} becomes {other}")

    def negated(self, row, rule, check):
        made = self.mutant("row", *row.span(2), f"not_{check}", f"{rule}: not {check}")
        at = self.text.rindex("\n}\n", 0, row.start()) + 3
        helper = NEGATED[self.file.rsplit("/", 1)[-1]].format(check)
        return dataclasses.replace(made, text=made.text[:at] + "\n" + helper + made.text[at:])

    def cells(self):
        cells = list(CELL.finditer(self.text))
        for k, cell in enumerate(cells):
            event, act = cell.groups()
            if act in ("cannot_happen", "never"):
                continue
            for other in self.others(act, cells[k:] + cells[:k]):
                yield self.mutant("cell", *cell.span(2), other, f"{event}: {act} becomes {other}")

    def others(self, act, after):
        """What could stand in a cell instead: nothing at all, and what stands in a later one."""
        if "cannot_happen" in self.text:
            return "cannot_happen", "confirm" if act == "ignore" else "ignore"
        later = next(c[2] for c in after if c[2] not in (act, "stay", "never"))
        return (later,) if act == "stay" else ("stay", later)

    def remedies(self):
        found = list(REMEDY.finditer(self.text))
        known = sorted({row[2] for row in found})
        for row in found:
            status, remedy = row.groups()
            yield self.mutant("row", *row.span(), "", f"without the row {status}")
            for other in known:
                if other != remedy:
                    yield self.mutant("row", *row.span(2), other,
                                      f"{status}: {remedy} becomes {other}")

    def all(self):
        yield from self.rows()
        yield from self.cells()
        yield from self.remedies()
        yield from self.operators()
        yield from self.conditions()


def sample(mutants, n):
    """So many, the same each time, of each file and kind in turn."""
    groups = {}
    for m in sorted(mutants, key=lambda m: m.order):
        groups.setdefault((m.file, m.kind), []).append(m)
    chosen = []
    while len(chosen) < n and any(groups.values()):
        for key in sorted(groups):
            if groups[key] and len(chosen) < n:
                chosen.append(groups[key].pop(0))
    return chosen
