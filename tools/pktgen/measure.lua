-- Offers traffic at several rates, prints what came through, and ends: tools/pktgen/README.md.
--
-- Port 0 is at the LMA's core port, port 1 at its backbone port.
-- KEDGE_WAY      down (0 sends, 1 receives), up (1 sends, 0 receives), both
-- KEDGE_RATES    percent of the speed that the links say they have, one after the other
-- KEDGE_SECONDS  of each
local way = os.getenv("KEDGE_WAY") or "down"
local rates = os.getenv("KEDGE_RATES") or "0.5 1 2 5 10"
local seconds = tonumber(os.getenv("KEDGE_SECONDS") or "5")
local senders = {down = "0", up = "1", both = "0-1"}
local receiver = {[0] = 1, [1] = 0}

local function now() -- s; a machine that is busy keeps a delay waiting
	local uptime = io.open("/proc/uptime")
	local s = uptime:read("n")
	uptime:close()
	return s
end

local function row(name, rate, sender, stats, took)
	local sent, came = stats[sender].opackets, stats[receiver[sender]].ipackets
	local lost = sent - came
	print(string.format("kedge: %-4s %6s %% %10.3f %10.3f %12d %9.4f %%", name, rate,
	      sent / took / 1e6, came / took / 1e6, lost,
	      sent > 0 and 100 * lost / sent or 0))
end

pktgen.screen("off")
pktgen.delay(2000) -- memif connects a moment after it starts
pktgen.set("0-1", "count", 0)
print("kedge: way      rate  Mpps sent  Mpps came         lost")
for rate in string.gmatch(rates, "%S+") do
	pktgen.set("0-1", "rate", rate)
	pktgen.delay(1000) -- a sender that was late makes good for it, even at the next rate
	pktgen.clr()
	pktgen.delay(500)
	local begun = now()
	pktgen.start(senders[way])
	pktgen.delay(seconds * 1000)
	pktgen.stop(senders[way])
	local took = now() - begun
	pktgen.delay(1500) -- what is under way, and Pktgen's counters once a second
	local stats = pktgen.portStats("0-1", "port")
	if way ~= "up" then row("down", rate, 0, stats, took) end
	if way ~= "down" then row("up", rate, 1, stats, took) end
end
pktgen.quit()
