// Commands and their columns, as rows. Keys are what app/lma/show.c sends.
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
	{"received", "RECEIVED", COLUMN_COUNT, 3},
	{"denied", "DENIED", COLUMN_COUNT, 1},
	{"initial", "INITIAL", COLUMN_COUNT, 4},
	{"refresh", "REFRESH", COLUMN_COUNT, 7},
	{"handoff", "HANDOFF", COLUMN_COUNT, 5},
	{"deregistration", "DE-REG", COLUMN_COUNT, 6},
	{"last_heard_s", "LAST HEARD", COLUMN_DURATION, 2},
	{.key = NULL},
};

static const struct column ports[] = {
	{"name", "PORT", COLUMN_TEXT, 0},
	{"driver", "DRIVER", COLUMN_TEXT, 3},
	{"netdev", "NETDEV", COLUMN_TEXT, 2},
	{"link", "LINK", COLUMN_TEXT, 0},
	{"mac", "MAC", COLUMN_TEXT, 5},
	{"mtu", "MTU", COLUMN_COUNT, 4},
	{"rx_packets", "RECEIVED", COLUMN_COUNT, 0},
	{"tx_packets", "SENT", COLUMN_COUNT, 0},
	{"rx_missed", "MISSED", COLUMN_COUNT, 1},
	{"tx_errors", "TX ERRORS", COLUMN_COUNT, 1},
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

static const struct column version[] = {
	{"program", "program", COLUMN_TEXT, 0},     {"version", "version", COLUMN_TEXT, 0},
	{"dpdk", "dpdk", COLUMN_TEXT, 0},           {"node", "node", COLUMN_TEXT, 0},
	{"uptime_s", "up for", COLUMN_DURATION, 0}, {.key = NULL},
};

const struct command commands[] = {
	{"show bindings", "every home network prefix and where it is", bindings, "no bindings",
	 NULL, false},
	{"show mags", "mobile access gateways and their binding updates", mags,
	 "no MAG has spoken yet", NULL, false},
	{"show ports", "ports, their links, what they moved", ports, "no ports", NULL, false},
	{"show stats", "counters of forwarding and signalling", stats,
	 "every counter is zero; all of them: --all", "value", false},
	{"show drops", "every way a packet was lost, by name", drops,
	 "no drops; every name there is: --all", "count", false},
	{"show version", "what runs there and since when", version, "", NULL, true},
	{.words = NULL},
};
