// Commands and their columns, as rows. Keys are what app/lma/show.c, app/mag/show.c and
// app/common/rows.c send.
#include "app/ctl/commands.h"

static const struct column bindings[] = {
	{"mn_id", "MOBILE NODE", COLUMN_TEXT, 0},
	{"prefix", "HOME NETWORK PREFIX", COLUMN_TEXT, 0},
	{"mag", "MAG", COLUMN_TEXT, 2},
	{"proxy_coa", "PROXY-COA", COLUMN_TEXT, 0},
	{"state", "STATE", COLUMN_TEXT, 1},
	{"access", "ACCESS", COLUMN_TEXT, 6},
	{"ll_id", "LINK-LAYER ID", COLUMN_TEXT, 7},
	{"age_s", "AGE", COLUMN_DURATION, 4},
	{"expires_s", "EXPIRES IN", COLUMN_DURATION, 3},
	{"handovers", "HANDOVERS", COLUMN_COUNT, 5},
	{.key = NULL},
};

static const struct column mags[] = {
	{"name", "MAG", COLUMN_TEXT, 0},
	{"proxy_coa", "PROXY-COA", COLUMN_TEXT, 0},
	{"bindings", "BINDINGS", COLUMN_COUNT, 0},
	{"path_mtu", "PATH MTU", COLUMN_COUNT, 8},
	{"received", "RECEIVED", COLUMN_COUNT, 3},
	{"denied", "DENIED", COLUMN_COUNT, 1},
	{"clock_apart", "CLOCK APART", COLUMN_COUNT, 9},
	{"initial", "INITIAL", COLUMN_COUNT, 4},
	{"refresh", "REFRESH", COLUMN_COUNT, 7},
	{"handoff", "HANDOFF", COLUMN_COUNT, 5},
	{"deregistration", "DE-REG", COLUMN_COUNT, 6},
	{"last_heard_s", "LAST HEARD", COLUMN_DURATION, 2},
	{.key = NULL},
};

static const struct column pools[] = {
	{"name", "POOL", COLUMN_TEXT, 0},
	{"prefix", "BLOCK", COLUMN_TEXT, 0},
	{"hnp_length", "HNP LENGTH", COLUMN_COUNT, 6},
	{"network", "NETWORK", COLUMN_TEXT, 5},
	{"used", "USED", COLUMN_COUNT, 0},
	{"free", "FREE", COLUMN_COUNT, 0},
	{"quarantined", "QUARANTINED", COLUMN_COUNT, 3},
	{"reserved", "RESERVED", COLUMN_COUNT, 4},
	{"exhausted", "EXHAUSTED", COLUMN_COUNT, 1},
	{"level", "LEVEL", COLUMN_TEXT, 2},
	{.key = NULL},
};

static const struct column domain[] = {
	{"name", "VARIABLE", COLUMN_TEXT, 0},
	{"value", "VALUE", COLUMN_TEXT, 0},
	{"rfc", "RULE", COLUMN_TEXT, 1},
	{.key = NULL},
};

static const struct column nodes[] = {
	{"mn_id", "MOBILE NODE", COLUMN_TEXT, 0},
	{"prefix", "HOME NETWORK PREFIX", COLUMN_TEXT, 0},
	{"mac", "MAC", COLUMN_TEXT, 0},
	{"interface", "INTERFACE", COLUMN_TEXT, 3},
	{"state", "STATE", COLUMN_TEXT, 0},
	{"reason", "LAST ANSWER", COLUMN_TEXT, 1},
	{"advice", "WHAT TO DO", COLUMN_TEXT, 6},
	{"lma", "LMA", COLUMN_TEXT, 7},
	{"age_s", "AGE", COLUMN_DURATION, 5},
	{"heard_s", "HEARD", COLUMN_DURATION, 2},
	{"expires_s", "EXPIRES IN", COLUMN_DURATION, 4},
	{"attach_ms", "ATTACH MS", COLUMN_COUNT, 8},
	{"pbus", "PBUS", COLUMN_COUNT, 6},
	{"retries", "RETRIES", COLUMN_COUNT, 9},
	{"link_local", "OUR LINK-LOCAL", COLUMN_TEXT, 11},
	{"local_routing", "LOCAL ROUTING", COLUMN_TEXT, 10},
	{.key = NULL},
};

static const struct column radius[] = {
	{"server", "RADIUS SERVER", COLUMN_TEXT, 0}, {"port", "PORT", COLUMN_TEXT, 0},
	{"state", "STATE", COLUMN_TEXT, 0},          {"asked", "ASKED", COLUMN_COUNT, 3},
	{"accepted", "ACCEPTED", COLUMN_COUNT, 0},   {"rejected", "REJECTED", COLUMN_COUNT, 0},
	{"timeouts", "TIMEOUTS", COLUMN_COUNT, 0},   {"forged", "FORGED", COLUMN_COUNT, 1},
	{"unusable", "UNUSABLE", COLUMN_COUNT, 2},   {.key = NULL},
};

static const struct column handovers[] = {
	{"mn_id", "MOBILE NODE", COLUMN_TEXT, 0},
	{"role", "WE ARE ITS", COLUMN_TEXT, 0},
	{"peer", "OTHER MAG", COLUMN_TEXT, 0},
	{"mode", "MODE", COLUMN_TEXT, 3},
	{"state", "STATE", COLUMN_TEXT, 0},
	{"outcome", "OUTCOME", COLUMN_TEXT, 0},
	{"code", "LAST HACK", COLUMN_TEXT, 5},
	{"packets", "WAITING", COLUMN_COUNT, 0},
	{"bytes", "IN BYTES", COLUMN_COUNT, 6},
	{"age_s", "AGE", COLUMN_DURATION, 2},
	{"left_s", "ENDS IN", COLUMN_DURATION, 4},
	{"why", "WHY", COLUMN_TEXT, 7},
	{.key = NULL},
};

static const struct column interfaces[] = {
	{"name", "INTERFACE", COLUMN_TEXT, 0},   {"port", "PORT", COLUMN_TEXT, 0},
	{"vlan", "VLAN", COLUMN_COUNT, 4},       {"role", "ROLE", COLUMN_TEXT, 0},
	{"twin", "KERNEL TWIN", COLUMN_TEXT, 1}, {"link", "LINK", COLUMN_TEXT, 0},
	{"mac", "MAC", COLUMN_TEXT, 5},          {"mtu", "MTU", COLUMN_COUNT, 3},
	{"address", "ADDRESS", COLUMN_TEXT, 2},  {.key = NULL},
};

static const struct column heartbeats[] = {
	{"peer", "PEER", COLUMN_TEXT, 0},
	{"state", "STATE", COLUMN_TEXT, 0},
	{"requests", "REQUESTS", COLUMN_COUNT, 2},
	{"responses", "RESPONSES", COLUMN_COUNT, 3},
	{"unanswered", "UNANSWERED", COLUMN_COUNT, 0},
	{"answered", "ANSWERED", COLUMN_COUNT, 4},
	{"restart_counter", "RESTART COUNTER", COLUMN_COUNT, 1},
	{"bindings", "BINDINGS", COLUMN_COUNT, 6},
	{"tunnel_mtu", "TUNNEL MTU", COLUMN_COUNT, 5},
	{.key = NULL},
};

static const struct column ports[] = {
	{"name", "PORT", COLUMN_TEXT, 0},
	{"driver", "DRIVER", COLUMN_TEXT, 3},
	{"netdev", "NETDEV", COLUMN_TEXT, 2},
	{"link", "LINK", COLUMN_TEXT, 0},
	{"mac", "MAC", COLUMN_TEXT, 5},
	{"mtu", "MTU", COLUMN_COUNT, 4},
	{"rx_queues", "QUEUES", COLUMN_COUNT, 6},
	{"spread_by", "SPREAD BY", COLUMN_TEXT, 2},
	{"rx_packets", "RECEIVED", COLUMN_COUNT, 0},
	{"tx_packets", "SENT", COLUMN_COUNT, 0},
	{"rx_missed", "MISSED", COLUMN_COUNT, 1},
	{"tx_errors", "TX ERRORS", COLUMN_COUNT, 1},
	{.key = NULL},
};

static const struct column workers[] = {
	{"worker", "WORKER", COLUMN_COUNT, 0},
	{"rx_queues", "RX QUEUES", COLUMN_COUNT, 2},
	{"received", "RECEIVED", COLUMN_COUNT, 0},
	{"decapsulated", "DECAPSULATED", COLUMN_COUNT, 0},
	{"handed_over", "HANDED OVER", COLUMN_COUNT, 1},
	{"taken_over", "TAKEN OVER", COLUMN_COUNT, 1},
	{"handoff_full", "RING FULL", COLUMN_COUNT, 3},
	{"sent", "SENT", COLUMN_COUNT, 0},
	{"busy_percent", "BUSY %", COLUMN_COUNT, 4},
	{.key = NULL},
};

static const struct column stats[] = {
	{"name", "COUNTER", COLUMN_TEXT, 0},
	{"value", "VALUE", COLUMN_COUNT, 0},
	{"text", "WHAT IT COUNTS", COLUMN_TEXT, 0},
	{.key = NULL},
};

static const struct column drops[] = {
	{"name", "DROP", COLUMN_TEXT, 0},
	{"count", "PACKETS", COLUMN_COUNT, 0},
	{"text", "WHY", COLUMN_TEXT, 0},
	{"source", "RULE", COLUMN_TEXT, 1},
	{.key = NULL},
};

static const struct column done[] = {{"done", "DONE", COLUMN_TEXT, 0}, {.key = NULL}};

static const struct column version[] = {
	{"program", "program", COLUMN_TEXT, 0},     {"version", "version", COLUMN_TEXT, 0},
	{"dpdk", "dpdk", COLUMN_TEXT, 0},           {"node", "node", COLUMN_TEXT, 0},
	{"uptime_s", "up for", COLUMN_DURATION, 0}, {.key = NULL},
};

const struct command commands[] = {
	{.words = "show bindings",
	 .help = "LMA: every home network prefix and where it is",
	 .columns = bindings,
	 .empty = "no bindings"},
	{.words = "show mags",
	 .help = "LMA: mobile access gateways and their binding updates",
	 .columns = mags,
	 .empty = "no MAG has spoken yet"},
	{.words = "show pools",
	 .help = "LMA: home network prefixes: given out, free, kept back",
	 .columns = pools,
	 .empty = "no pools"},
	{.words = "show domain",
	 .help = "the RFC's variables, some of which are the same in the whole domain",
	 .columns = domain,
	 .empty = "no variables"},
	{.words = "show nodes",
	 .help = "MAG: mobile nodes on access links",
	 .columns = nodes,
	 .empty = "no mobile node is here"},
	{.words = "show heartbeats",
	 .help = "which peer answers, and whether it lost its sessions",
	 .columns = heartbeats,
	 .empty = "no peer has been heard of"},
	{.words = "show handovers",
	 .help = "MAG: fast handovers, and what came of the last ones",
	 .columns = handovers,
	 .empty = "no fast handover is under way, and none was; see fast_handover.peers"},
	{.words = "show radius",
	 .help = "MAG: RADIUS servers, do they answer",
	 .columns = radius,
	 .empty = "no RADIUS server is configured: profiles alone decide; see radius.servers"},
	{.words = "show interfaces",
	 .help = "interfaces and their kernel twins",
	 .columns = interfaces,
	 .empty = "no interfaces"},
	{.words = "show ports",
	 .help = "ports, their links, what they moved",
	 .columns = ports,
	 .empty = "no ports"},
	{.words = "show workers",
	 .help = "forwarding threads: what each of them received, took out of tunnels, handed over",
	 .columns = workers,
	 .empty = "no workers"},
	{.words = "show stats",
	 .help = "counters of forwarding and signalling",
	 .columns = stats,
	 .empty = "every counter is zero; all of them: --all",
	 .hide_zero = "value"},
	{.words = "show drops",
	 .help = "every way a packet was lost, by name",
	 .columns = drops,
	 .empty = "no drops; every name there is: --all",
	 .hide_zero = "count"},
	{.words = "show version",
	 .help = "what runs there and since when",
	 .columns = version,
	 .empty = "",
	 .single = true},
	{.words = "mag attach",
	 .help = "MAG: MAC [nai NAI] [interface NAME] [from AP-ID] [handoff "
		 "new|interfaces|mags]: a mobile node is there",
	 .columns = done,
	 .empty = "",
	 .order = true},
	{.words = "mag handover",
	 .help = "MAG: MN --to AP-ID [prepare], or MN cancel: it is about to move",
	 .columns = done,
	 .empty = "",
	 .order = true},
	{.words = "mag detach",
	 .help = "MAG: MAC [interface NAME]: it is gone",
	 .columns = done,
	 .empty = "",
	 .order = true},
	{.words = NULL},
};
