"""kedge-mag as a program under test."""
from kernel import Failed
from program import Program


class MagProgram(Program):
    """`coa` is its proxy care-of address, `air` the name of the bridge that is its access link."""
    room, name = "mag", "kedge-mag"

    def __init__(self, *args, coa, air):
        super().__init__(*args)
        self.coa, self.air = coa, air

    def nodes(self, mac=None):
        return [n for n in self.show("nodes") if mac in (None, n["mac"])]

    def node(self, mac):
        """Its row of that node, or None."""
        return next(iter(self.nodes(mac)), None)

    def until_bound(self, mac, timeout=10):
        """Until the LMA has accepted the node here; its row."""
        def bound():
            row = self.node(mac)
            return row if row and row["state"] == "bound" else None
        return self.until(bound, f"{mac} to be bound at {self.coa}", timeout)

    def until_gone(self, mac, timeout=10):
        self.until(lambda: not self.nodes(mac), f"{mac} to be forgotten at {self.coa}", timeout)

    def order(self, *words):
        """A command that changes something; what it says."""
        done = self.ctl(*words)
        if done.returncode != 0:
            raise Failed(f"kedgectl {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def attach(self, mac, nai=None):
        return self.order("mag", "attach", mac, *(["nai", nai] if nai else []))

    def detach(self, mac):
        return self.order("mag", "detach", mac)
