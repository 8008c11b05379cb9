"""kedge-lma as a program under test."""
from program import Program


class Lma(Program):
    room, name = "lma", "kedge-lma"

    def bindings(self, mn_id=None):
        return [b for b in self.show("bindings") if mn_id in (None, b["mn_id"])]
