"""A domain whose two gateways know each other: fast handover (RFC 5949) is on.

Access point ap1 is mag1's, ap2 is mag2's. Decides that, and how large the buffers are.
"""
import configs
from configs import COA
from roaming import Roaming

APS = {"ap1": "mag1", "ap2": "mag2"}
BUFFERS = 49152  # packet buffers: a second of ten thousand packets each way, and all else


def section(**more):
    rows = "".join(f"    - ap: {ap}\n      mag: {COA[mag]}\n" for ap, mag in APS.items())
    keys = {"node_buffer_kib": 40960, "buffer_mib": 48, **more}
    return "fast_handover:\n  peers:\n" + rows + \
        "".join(f"  {key}: {value}\n" for key, value in keys.items())


class Fast(Roaming):
    more = {}  # keys of the section, for all gateways

    def mag_config(self, name, sock, counter):
        text = configs.mag(name, sock, counter, self.mode, self.vlans,
                           tunnel_mtu=self.backbone_mtu, probe_after_ms=20000)
        return text.replace("mbufs: 8192", f"mbufs: {BUFFERS}") + section(**self.more)

    # ---- What the gateways say of it

    @staticmethod
    def handover(mag, mn_id):
        return next((h for h in mag.show("handovers") if h["mn_id"] == mn_id), None)

    def until_state(self, mag, mn_id, *states, timeout=10):
        """Until that gateway's handover of the node is in one of the states; its row."""
        def there():
            row = self.handover(mag, mn_id)
            return row if row and row["state"] in states else None
        return mag.until(there, f"handover of {mn_id} at {mag.coa} to be {states}", timeout)

    def until_quiet(self, timeout=15):
        """Until no gateway holds a packet or a tunnel for a handover any more."""
        for mag in (self.mag1, self.mag2):
            mag.until(lambda m=mag: all(h["state"] == "over" for h in m.show("handovers")),
                      f"no handover under way at {mag.coa}", timeout)
            mag.until(lambda m=mag: m.counters().get("handover_queues", 0) == 0,
                      f"no queue in use at {mag.coa}", timeout)
