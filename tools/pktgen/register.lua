-- Sends the Proxy Binding Updates of port 1's file once, and ends: tools/pktgen/README.md.
--
-- KEDGE_NODES   how many the file has
-- KEDGE_RATE    percent of the speed that the link says it has; memif says 100 Gb/s: 7 k/s
local nodes = tonumber(os.getenv("KEDGE_NODES") or "1000")
local rate = tonumber(os.getenv("KEDGE_RATE") or "0.005")

pktgen.screen("off")
pktgen.set("0-1", "rate", rate) -- an lcore of several ports keeps to the first one's
pktgen.set("1", "count", nodes)
pktgen.delay(2000) -- memif connects a moment after it starts
pktgen.clr()
pktgen.start("1")
repeat
	pktgen.delay(500)
until pktgen.isSending("1")[1] ~= "y"
pktgen.delay(2000)

local port = pktgen.portStats("1", "port")[1]
print(string.format("kedge: %d updates sent, %d answers", port.opackets, port.ipackets))
pktgen.quit()
