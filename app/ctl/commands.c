// Commands and their columns, as rows.
#include "app/ctl/commands.h"

static const struct column bindings[] = {
	{"mn_id", "MOBILE NODE", COLUMN_TEXT},
	{"prefix", "HOME NETWORK PREFIX", COLUMN_TEXT},
	{"mag", "MAG", COLUMN_TEXT},
	{"proxy_coa", "PROXY-COA", COLUMN_TEXT},
	{"state", "STATE", COLUMN_TEXT},
	{"access", "ACCESS", COLUMN_TEXT},
	{"ll_id", "LINK-LAYER ID", COLUMN_TEXT},
	{"age_s", "AGE", COLUMN_DURATION},
	{"expires_s", "EXPIRES IN", COLUMN_DURATION},
	{"handovers", "HANDOVERS", COLUMN_COUNT},
	{NULL, NULL, COLUMN_TEXT},
};

static const struct column mags[] = {
	{"name", "MAG", COLUMN_TEXT},
	{"proxy_coa", "PROXY-COA", COLUMN_TEXT},
	{"bindings", "BINDINGS", COLUMN_COUNT},
	{"received", "RECEIVED", COLUMN_COUNT},
	{"denied", "DENIED", COLUMN_COUNT},
	{"initial", "INITIAL", COLUMN_COUNT},
	{"refresh", "REFRESH", COLUMN_COUNT},
	{"handoff", "HANDOFF", COLUMN_COUNT},
	{"deregistration", "DE-REG", COLUMN_COUNT},
	{"last_heard_s", "LAST HEARD", COLUMN_DURATION},
	{NULL, NULL, COLUMN_TEXT},
};

static const struct column ports[] = {
	{"name", "PORT", COLUMN_TEXT},
	{"driver", "DRIVER", COLUMN_TEXT},
	{"netdev", "NETDEV", COLUMN_TEXT},
	{"link", "LINK", COLUMN_TEXT},
	{"mac", "MAC", COLUMN_TEXT},
	{"mtu", "MTU", COLUMN_COUNT},
	{"rx_packets", "RECEIVED", COLUMN_COUNT},
	{"tx_packets", "SENT", COLUMN_COUNT},
	{"rx_missed", "MISSED", COLUMN_COUNT},
	{"tx_errors", "TX ERRORS", COLUMN_COUNT},
	{NULL, NULL, COLUMN_TEXT},
};

static const struct column stats[] = {
	{"name", "COUNTER", COLUMN_TEXT},
	{"value", "VALUE", COLUMN_COUNT},
	{"text", "WHAT IT COUNTS", COLUMN_TEXT},
	{NULL, NULL, COLUMN_TEXT},
};

static const struct column drops[] = {
	{"name", "DROP", COLUMN_TEXT}, {"count", "PACKETS", COLUMN_COUNT},
	{"text", "WHY", COLUMN_TEXT},  {"source", "RULE", COLUMN_TEXT},
	{NULL, NULL, COLUMN_TEXT},
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
	{"show version", "what runs there and since when", NULL, "", NULL, true},
	{NULL, NULL, NULL, NULL, NULL, false},
};
