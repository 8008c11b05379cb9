"""The configurations of the programs under test, and where the kernel's addresses stand for each.

Decides addresses and names of the domain. Two kinds of ports: `af_xdp`, where the netdev itself is
the kernel's side, and `af_packet`, where a TAP is.
"""
import json

CN, CORE_GW = "2001:db8:c::2", "2001:db8:c::1"
LMA_BACK, BB_LMA = "2001:db8:b0::1", "2001:db8:b0::2"
LMAA = "2001:db8:1a::1"
POOL = "2001:db8:100::/48"
COA = {"mag1": "2001:db8:b1::1", "mag2": "2001:db8:b2::1"}
STRANGER = "2001:db8:b9::1"  # reaches the LMA, is no configured MAG
BACKBONE_MTU, ACCESS_MTU = 1600, 1500  # the outer header fits beside a 1500 byte packet
MODES = ("af_xdp", "af_packet")

# Link-layer addresses that the MAGs know by name; anybody else is MAC@example.
NODES = {"02:00:00:00:00:01": "mn@example", "02:00:00:00:00:02": "other@example",
         "02:00:00:00:00:03": "stolen@example"}

LMA = f"""\
node:
  name: lma1
management:
  socket: {{socket}}
dataplane:
  workers: 1
  hugepages: false
  memory_mb: 512
  mbufs: 8192
lma:
  addresses: [{LMAA}]
  max_bindings: 10000
  max_mags: 16
  max_lifetime_s: 3600
  min_delay_before_bce_delete_ms: 2000
  tunnel_mtu: {{tunnel_mtu}}
  signalling_rate: 5000
{{ports}}\
mags:
  - name: mag1
    address: {COA["mag1"]}
  - name: mag2
    address: {COA["mag2"]}
pools:
  - name: subscribers
    prefix: {POOL}
profiles:
  - match: stolen@example
    permit: false
  - match: "@example"
    permit: true
"""

MAG = f"""\
node:
  name: {{name}}
management:
  socket: {{socket}}
dataplane:
  workers: 1
  hugepages: false
  memory_mb: 512
  mbufs: 8192
mag:
  proxy_coa: {{coa}}
  lma: {LMAA}
  realm: example
  max_nodes: 1024
  lifetime_s: 3600
  tunnel_mtu: {{tunnel_mtu}}
  probe_after_ms: {{probe_after_ms}}
  probe_interval_ms: 300
  probes: 3
nodes:
{"".join(f'  - mac: "{mac}"{chr(10)}    nai: {nai}{chr(10)}' for mac, nai in NODES.items())}\
{{ports}}\
"""

HEARTBEAT = """\
heartbeat:
  interval_s: 30
  counter: {counter}
"""


def twin(mode, netdev):
    """The kernel's side of a port: where its addresses and routes stand."""
    return netdev if mode == "af_xdp" else f"t{netdev}"


def ports(mode, rows):
    """`ports:` and `interfaces:` for rows of (interface, netdev, role, vlan)."""
    text = "ports:\n"
    for netdev in dict.fromkeys(row[1] for row in rows):
        text += f"  - name: {netdev}\n    driver: {mode}\n    netdev: {netdev}\n"
    text += "interfaces:\n"
    for name, netdev, role, vlan in rows:
        text += f"  - name: {name}\n    port: {netdev}\n    role: {role}\n"
        if vlan:
            text += f"    vlan: {vlan}\n"
        if role != "access" and mode == "af_packet":
            text += f"    twin: {twin(mode, netdev)}\n"
    return text


def lma(sock, mode="af_xdp", counter=None, tunnel_mtu=BACKBONE_MTU):
    rows = [("core", "core0", "core", 0), ("backbone", "back0", "backbone", 0)]
    text = LMA.format(socket=sock, tunnel_mtu=tunnel_mtu, ports=ports(mode, rows))
    return text + (HEARTBEAT.format(counter=counter) if counter else "")


def mag(name, sock, counter, mode="af_xdp", vlans=(0,), probe_after_ms=2000,
        tunnel_mtu=BACKBONE_MTU):
    """One access interface for each of `vlans`, all on acc0; 0 is the untagged one."""
    access = [(f"access{v or ''}", "acc0", "access", v) for v in vlans]
    return MAG.format(name=name, socket=sock, coa=COA[name], probe_after_ms=probe_after_ms,
                      tunnel_mtu=tunnel_mtu,
                      ports=ports(mode, [("backbone", "back0", "backbone", 0), *access])) + \
        HEARTBEAT.format(counter=json.dumps(counter))
