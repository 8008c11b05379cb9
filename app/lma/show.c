// What an operator sees: one function a table, one row a call. Reads, changes nothing. Control
// thread.
#include "app/common/loop.h"
#include "app/common/path_mtu.h"
#include "app/common/rows.h"
#include "app/common/text.h"
#include "app/lma/anchor.h"

enum { TEXT = 1024 };

// u[0]: where the engine's walk stands, u[1]: which prefix of the binding, u[2]: the walk before
// it.
static bool next_binding(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	const struct anchor *a = app;
	struct lma_binding b;
	char text[TEXT];
	ns_t now = loop_now();

	for (;;) {
		uint32_t at = cursor->u[0];
		if (!lma_next_binding(a->lma, &at, &b))
			return false;
		if (cursor->u[1] < b.n_hnps)
			break;
		*cursor = (struct mgmt_cursor){.u = {at}};
	}
	put_text(row, "mn_id", text_of(b.mn_id, text, sizeof(text)));
	put_text(row, "prefix", ip6_prefix_format(b.hnps[cursor->u[1]++], text));
	put_addr(row, "proxy_coa", b.coa);
	put_text(row, "mag", b.mag_name);
	put_addr(row, "lma", b.lmaa);
	put_text(row, "state",
		 b.state == BCE_DETACHED ? "detached"
		 : b.unbound             ? "unbound"
					 : "active");
	put_text(row, "access", access_name(b.access_tech));
	put_text(row, "ll_id", text_of_mac(b.ll_id, text, sizeof(text)));
	put_real(row, "age_s", seconds_between(b.since, now));
	put_real(row, "expires_s", seconds_between(now, b.expires));
	put_count(row, "lifetime_s", b.lifetime_s);
	put_count(row, "handovers", b.handovers);
	put_text(row, "service", b.service);
	json_object_set_new(row, "shared", json_boolean(b.shared));
	json_object_set_new(row, "stale", json_boolean(b.stale));
	return true;
}

static bool next_pool(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	const struct anchor *a = app;
	struct lma_pool pool;
	char text[TEXT];

	if (!lma_next_pool(a->lma, &cursor->u[0], &pool))
		return false;
	put_text(row, "name", pool.name);
	put_text(row, "prefix", ip6_prefix_format(pool.block, text));
	put_text(row, "network", pool.network);
	put_count(row, "hnp_length", pool.hnp_len);
	put_count(row, "prefixes", pool.prefixes);
	put_count(row, "used", pool.used);
	put_count(row, "free", pool.free);
	put_count(row, "quarantined", pool.quarantined);
	put_count(row, "reserved", pool.reserved);
	put_count(row, "exhausted", pool.exhausted);
	put_text(row, "level", pool.is_high ? "high" : "ok");
	return true;
}

static uint64_t sum_updates(const uint64_t counters[LMA_N_UPDATES])
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < LMA_N_UPDATES; i++)
		sum += counters[i];
	return sum;
}

static bool next_mag(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	const struct anchor *a = app;
	struct lma_mag m;

	if (!lma_next_mag(a->lma, &cursor->u[0], &m))
		return false;
	put_text(row, "name", m.name);
	put_addr(row, "proxy_coa", m.coa);
	put_count(row, "mag_id", m.id);
	put_count(row, "bindings", m.bindings);
	put_count(row, "path_mtu", path_mtu_get(&a->plane, m.id));
	put_count(row, "received", sum_updates(m.received));
	put_count(row, "accepted", sum_updates(m.accepted));
	put_count(row, "denied", sum_updates(m.denied));
	put_count(row, "initial", m.accepted[LMA_INITIAL]);
	put_count(row, "refresh", m.accepted[LMA_REFRESH]);
	put_count(row, "handoff", m.accepted[LMA_HANDOFF]);
	put_count(row, "deregistration", m.accepted[LMA_DEREG]);
	put_count(row, "clock_lower", m.clock_lower);
	put_count(row, "clock_apart", m.clock_apart);
	put_real(row, "last_heard_s", seconds_between(m.last_heard, loop_now()));
	return true;
}

static bool next_heartbeat(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	const struct anchor *a = app;
	struct lma_mag m;

	if (!lma_next_mag(a->lma, &cursor->u[0], &m))
		return false;
	rows_put_heartbeat(row, m.coa, &m.heartbeat);
	return true;
}

static void put_statuses(struct stats *s, const struct lma_totals *t)
{
	static const struct {
		uint8_t status;
		const char *name;
	} refusals[] = {
		{130, "pba_130"}, {131, "pba_131"}, {135, "pba_135"}, {151, "pba_151"},
		{152, "pba_152"}, {153, "pba_153"}, {154, "pba_154"}, {155, "pba_155"},
		{156, "pba_156"}, {157, "pba_157"}, {158, "pba_158"}, {159, "pba_159"},
		{160, "pba_160"}, {161, "pba_161"}, {162, "pba_162"},
	};

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		put_stat(s, refusals[i].name, t->by_status[refusals[i].status],
			 pba_status_name(refusals[i].status));
}

static void put_signalling(struct stats *s, struct anchor *a)
{
	static const char *const received[] = {"initial_received", "refresh_received",
					       "handoff_received", "deregistration_received",
					       "unclassified_received"};
	static const char *const accepted[] = {"initial_accepted", "refresh_accepted",
					       "handoff_accepted", "deregistration_accepted",
					       "unclassified_accepted"};
	static const char *const denied[] = {"initial_denied", "refresh_denied", "handoff_denied",
					     "deregistration_denied", "unclassified_denied"};
	const struct lma_totals *t = lma_totals(a->lma);

	put_stat(s, "bindings", t->bindings, "sessions of mobile nodes");
	put_stat(s, "detached", t->detached, "of them de-registered, in their delay");
	put_stat(s, "mags", t->mags, "proxy care-of addresses known");
	put_stat(s, "prefixes_used", t->prefixes_used, "home network prefixes given out");
	put_stat(s, "prefixes_free", t->prefixes_free, "home network prefixes free");
	put_stat(s, "prefixes_quarantined", t->prefixes_quarantined, "released a moment ago");
	for (unsigned i = 0; i < LMA_N_UPDATES; i++) {
		put_stat(s, received[i], t->received[i], "binding updates received");
		put_stat(s, accepted[i], t->accepted[i], "binding updates accepted");
		put_stat(s, denied[i], t->denied[i], "binding updates denied");
	}
	put_statuses(s, t);
	for (unsigned i = 0; i < LMA_N_NOTES; i++)
		put_stat(s, lma_note_name(i), t->notes[i], lma_note_text(i));
	put_stat(s, "bind_failed", a->bind_failed, "bindings that the workers had no room for");
}

static bool next_stat(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	struct stats s = {.n = 0};
	struct anchor *a = app;

	rows_put_path(&s, &a->plane);
	put_signalling(&s, a);
	rows_put_control(&s, &a->plane);
	rows_put_tables(&s, &a->plane);
	return rows_stat(&s, cursor, row);
}

static bool next_port(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	return rows_port(&((struct anchor *)app)->plane, cursor, row);
}

static bool next_worker(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	return rows_worker(&((struct anchor *)app)->plane, cursor, row);
}

static bool next_interface(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	return rows_interface(&((struct anchor *)app)->plane, cursor, row);
}

static bool next_drop(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	return rows_drop(&((struct anchor *)app)->plane, cursor, row);
}

static bool next_domain(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	return rows_domain(&((struct anchor *)app)->plane, cursor, row);
}

static bool next_version(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	const struct anchor *a = app;

	return rows_version("kedge-lma", &a->plane, a->started, cursor, row);
}

const struct mgmt_command show_commands[] = {
	{.words = "show bindings",
	 .help = "every home network prefix and where it is",
	 .next = next_binding},
	{.words = "show pools",
	 .help = "home network prefixes: given out, free, kept back",
	 .next = next_pool},
	{.words = "show mags",
	 .help = "mobile access gateways and their binding updates",
	 .next = next_mag},
	{.words = "show heartbeats", .help = "does each MAG answer", .next = next_heartbeat},
	{.words = "show ports", .help = "ports, their links and what they lost", .next = next_port},
	{.words = "show workers",
	 .help = "forwarding threads and what each of them did",
	 .next = next_worker},
	{.words = "show interfaces",
	 .help = "interfaces and their kernel twins",
	 .next = next_interface},
	{.words = "show stats", .help = "counters of forwarding and signalling", .next = next_stat},
	{.words = "show drops", .help = "every way a packet was lost, by name", .next = next_drop},
	{.words = "show domain", .help = "the RFC's variables that hold here", .next = next_domain},
	{.words = "show version", .help = "what runs here and since when", .next = next_version},
	{.words = NULL},
};
