-- Downlink without a file: UDP whose destinations go through the pool; then as measure.lua.
--
-- Pktgen writes these frames once, into the 24,576 buffers of a port, and sends them in turn: so
-- many nodes at most, one behind the other. A file of make-pcap has as many as fit the memory.
-- KEDGE_MAC     of the LMA's core port, from: kedgectl show ports
-- KEDGE_NODES   how many prefixes of 2001:db8:1000::/40, at most 24,576
local nodes = tonumber(os.getenv("KEDGE_NODES") or "1000")
local size = 68 -- with Ethernet's checksum: 64 octets as make-pcap counts

local function all(set, start, inc, min, max)
	set("0", "start", start)
	set("0", "inc", inc)
	set("0", "min", min)
	set("0", "max", max)
end

local range = pktgen.range
local last = string.format("2001:db8:1000:%x::1", nodes - 1)
all(range.dst_mac, os.getenv("KEDGE_MAC"), "00:00:00:00:00:00", os.getenv("KEDGE_MAC"),
    os.getenv("KEDGE_MAC"))
range.set_type("0", "ipv6")
range.ip_proto("0", "udp")
all(range.src_ip, "2001:db8:c::2", "::", "2001:db8:c::2", "2001:db8:c::2")
all(range.dst_ip, "2001:db8:1000::1", "0:0:0:1::", "2001:db8:1000::1", last)
all(range.src_port, 5000, 0, 5000, 5000)
all(range.dst_port, 9, 0, 9, 9)
all(range.pkt_size, size, 0, size, size)
pktgen.set_range("0", "on")
dofile((string.gsub(debug.getinfo(1, "S").source, "^@(.-)range.lua$", "%1measure.lua")))
