"""kedge-load over netdevs of the kernel: the same as over memif, by the other drivers."""
from load import LoadDomain
from sentences import same, test
from test_load import CAREFUL, all_came

serves = False
modes = ("af_xdp", "af_packet")


class Domain(LoadDomain):
    def __init__(self, build, _, mode):
        super().__init__(build, mode)


@test
def nodes_talk_and_move_and_lose_nothing(d):
    code, result, said = d.load(*CAREFUL, "--downlink", "5000", "--uplink", "5000", "--size", "imix",
                                "--handover-rate", "100", "--seconds", "1")
    same(f"exit code\n{said}", code, 0)
    for direction in ("downlink", "uplink"):
        all_came(direction, result, 100)
    same("moved", result["signalling"]["moved"], result["signalling"]["handovers"])
    d.lma.balances()
