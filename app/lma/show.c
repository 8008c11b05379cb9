// What an operator sees: one function a table, one row a call. Reads, changes nothing. Control
// thread.
#include <rte_version.h>

#include "app/common/adj.h"
#include "app/common/text.h"
#include "app/common/version.h"
#include "app/lma/anchor.h"

enum { TEXT = 1024 };

static double seconds_between(ns_t from, ns_t to)
{
	return to > from ? (double)(to - from) / (double)NS_SEC : 0;
}

static void put_text(json_t *row, const char *key, const char *value)
{
	json_object_set_new(row, key, json_string(value));
}

static void put_count(json_t *row, const char *key, uint64_t value)
{
	json_object_set_new(row, key, json_integer((json_int_t)value));
}

static void put_real(json_t *row, const char *key, double value)
{
	json_object_set_new(row, key, json_real(value));
}

static void put_addr(json_t *row, const char *key, struct ip6_addr a)
{
	char text[IP6_ADDR_TEXT];

	put_text(row, key, ip6_format(a, text));
}

// RFC 5213 8.5 with the numbers that IANA added.
static const char *access_name(uint8_t tech)
{
	static const char *const names[] = {"reserved", "virtual", "PPP",   "802.3", "802.11",
					    "802.16e",  "GERAN",   "UTRAN", "LTE",   "eHRPD",
					    "HRPD",     "1xRTT",   "UMB",   "NB-IoT"};

	return tech < sizeof(names) / sizeof(names[0]) ? names[tech] : "unassigned";
}

static const char *mag_name(const struct anchor *a, struct ip6_addr coa)
{
	for (uint32_t i = 0; i < a->conf->n_mags; i++)
		if (ip6_prefix_covers(a->conf->mags[i].from, coa))
			return a->conf->mags[i].name;
	return "";
}

// u[0]: where the engine's walk stands, u[1]: which prefix of the binding, u[2]: the walk before
// it.
static bool next_binding(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	const struct anchor *a = app;
	struct lma_binding b;
	char text[TEXT];
	ns_t now = control_now();

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
	put_text(row, "mag", mag_name(a, b.coa));
	put_addr(row, "lma", b.lmaa);
	put_text(row, "state", b.state == BCE_DETACHED ? "detached" : "active");
	put_text(row, "access", access_name(b.access_tech));
	put_text(row, "ll_id", text_of_mac(b.ll_id, text, sizeof(text)));
	put_real(row, "age_s", seconds_between(b.since, now));
	put_real(row, "expires_s", seconds_between(now, b.expires));
	put_count(row, "lifetime_s", b.lifetime_s);
	put_count(row, "handovers", b.handovers);
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
	put_count(row, "received", sum_updates(m.received));
	put_count(row, "accepted", sum_updates(m.accepted));
	put_count(row, "denied", sum_updates(m.denied));
	put_count(row, "initial", m.accepted[LMA_INITIAL]);
	put_count(row, "refresh", m.accepted[LMA_REFRESH]);
	put_count(row, "handoff", m.accepted[LMA_HANDOFF]);
	put_count(row, "deregistration", m.accepted[LMA_DEREG]);
	put_real(row, "last_heard_s", seconds_between(m.last_heard, control_now()));
	return true;
}

static bool next_port(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	const struct anchor *a = app;
	struct port_missed missed = {0};
	char text[TEXT];

	if (cursor->u[0] >= a->n_ports)
		return false;
	struct port *port = a->ports[cursor->u[0]++];
	const struct adj_link *link = twin_link(a->twin, port->number);
	port->ops->missed(port, &missed);
	put_text(row, "name", port->name);
	put_text(row, "driver", port->ops->name);
	put_text(row, "netdev", port->netdev);
	put_text(row, "link", link == NULL || link->up ? "up" : "down");
	put_text(row, "mac", link ? text_of_mac((struct span){link->mac, 6}, text, TEXT) : "");
	put_count(row, "mtu", link ? link->mtu : 0);
	put_count(row, "rx_packets", missed.rx_packets);
	put_count(row, "tx_packets", missed.tx_packets);
	put_count(row, "rx_missed", missed.rx_no_room + missed.rx_errors + missed.rx_no_mbuf);
	put_count(row, "tx_errors", missed.tx_errors);
	return true;
}

// ---- Statistics: a list of named numbers, made once a request and walked by index.

struct stat {
	const char *name;
	const char *text;
	uint64_t value;
};

enum { MAX_STATS = 160 };

struct stats {
	struct stat rows[MAX_STATS];
	unsigned n;
};

static void put_stat(struct stats *s, const char *name, uint64_t value, const char *text)
{
	if (s->n < MAX_STATS)
		s->rows[s->n++] = (struct stat){name, text, value};
}

static void sum_workers(const struct anchor *a, struct telem_worker *sum)
{
	const struct telem_worker *each[WORKER_MAX + 1];

	for (unsigned i = 0; i < a->n_workers; i++)
		each[i] = &a->telem[i];
	each[a->n_workers] = &a->waiting.telem;
	telem_sum(each, a->n_workers + 1, sum);
}

static uint64_t count_held(const struct anchor *a)
{
	uint64_t held = 0;

	for (unsigned i = 0; i < a->n_workers; i++)
		held += atomic_load_explicit(&a->workers[i].held, memory_order_relaxed) +
			rte_ring_count(a->workers[i].inbox);
	return held;
}

static void put_path(struct stats *s, const struct anchor *a)
{
	struct telem_worker sum = {0};
	uint64_t lost = 0;

	sum_workers(a, &sum);
	for (unsigned v = 0; v < N_VERDICTS; v++)
		lost += verdict_is_drop(v) ? sum.verdicts[v] : 0;
	put_stat(s, "received", sum.received, "packets that workers received");
	put_stat(s, "received_bytes", sum.received_bytes, "the same in bytes");
	put_stat(s, "originated", sum.originated, "packets of our own that entered the path");
	put_stat(s, "sent", sum.sent, "packets that ports took");
	put_stat(s, "sent_bytes", sum.sent_bytes, "the same in bytes");
	put_stat(s, "held", count_held(a), "packets that workers hold just now");
	put_stat(s, "dropped", lost, "packets lost, by name in: kedgectl show drops");
	for (unsigned v = 0; v < V_DROP_TRUNCATED; v++)
		put_stat(s, verdict_name(v), sum.verdicts[v], verdict_text(v));
	put_stat(s, "buffers", a->pool->size, "packet buffers in all");
	put_stat(s, "buffers_free", rte_mempool_avail_count(a->pool), "of them free");
	put_stat(s, "polls", sum.polls, "turns of the workers' loops");
	put_stat(s, "idle_polls", sum.idle_polls, "turns that found nothing");
}

static void put_tables(struct stats *s, const struct anchor *a)
{
	struct bcache_stats cache = {0};

	bcache_stats(a->bcache, &cache);
	put_stat(s, "cache_bindings", cache.bindings, "prefixes that the workers know");
	put_stat(s, "cache_stashed", cache.stashed, "of them outside their line");
	put_stat(s, "cache_bytes", cache.bytes, "memory of the binding cache");
	put_stat(s, "cache_refused", cache.refused, "prefixes for which there was no room");
	put_stat(s, "grace_pending", grace_pending(a->grace), "things waiting for the workers");
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
	const struct control_counters *c = &a->counters;

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
	for (unsigned i = 0; i < LMA_N_NOTES; i++)
		put_stat(s, lma_note_name(i), t->notes[i], lma_note_text(i));
	for (unsigned i = MH_OK + 1; i < MH_N_ERRS; i++)
		put_stat(s, mh_err_name(i), c->parse_errors[i], "mobility messages not readable");
	put_stat(s, "signalling_sent", c->sent, "messages of ours given to a worker");
	put_stat(s, "signalling_no_mbuf", c->send_no_mbuf, "not sent: no buffer");
	put_stat(s, "signalling_ring_full", c->send_ring_full, "not sent: ring full");
	put_stat(s, "signalling_not_encoded", c->send_not_encoded, "not sent: does not fit");
	put_stat(s, "bind_failed", c->bind_failed, "bindings that the workers had no room for");
	put_stat(s, "punts", c->punts, "packets that workers gave to control");
	put_stat(s, "gleans", c->gleans, "neighbours that workers asked for");
}

static bool next_stat(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	struct stats s = {.n = 0};
	struct anchor *a = app;

	put_path(&s, a);
	put_signalling(&s, a);
	put_tables(&s, a);
	if (cursor->u[0] >= s.n)
		return false;
	const struct stat *stat = &s.rows[cursor->u[0]++];
	put_text(row, "name", stat->name);
	put_count(row, "value", stat->value);
	put_text(row, "text", stat->text);
	return true;
}

// The XDP program's losses stand beside the workers': a packet has a name wherever it is lost.
static bool next_steer_drop(struct anchor *a, json_t *row)
{
	uint64_t counters[STEER_N_COUNTERS] = {0};

	if (a->steer == NULL || steer_counters(a->steer, counters) != 0)
		return false;
	put_text(row, "name", "steer_no_socket");
	put_count(row, "count", counters[STEER_NO_SOCKET]);
	put_text(row, "text", "ours, but its queue has no socket: see the netdev's channels");
	put_text(row, "source", "steer.h");
	return true;
}

// Then the drivers', one row a port: what was lost before or after the workers.
static void put_port_drops(struct port *port, json_t *row)
{
	struct port_missed missed = {0};
	char name[64];

	port->ops->missed(port, &missed);
	snprintf(name, sizeof(name), "port_%s", port->name);
	put_text(row, "name", name);
	put_count(row, "count",
		  missed.rx_no_room + missed.rx_errors + missed.rx_no_mbuf + missed.tx_errors);
	put_text(row, "text", "lost by the port's driver, see: kedgectl show ports");
	put_text(row, "source", port->ops->name);
}

static bool next_drop(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	struct anchor *a = app;
	struct telem_worker sum = {0};
	unsigned v = V_DROP_TRUNCATED + cursor->u[0]++;

	if (v < N_VERDICTS) {
		sum_workers(a, &sum);
		put_text(row, "name", verdict_name(v));
		put_count(row, "count", sum.verdicts[v]);
		put_text(row, "text", verdict_text(v));
		put_text(row, "source", verdict_source(v));
		return true;
	}
	if (v - N_VERDICTS < a->n_ports) {
		put_port_drops(a->ports[v - N_VERDICTS], row);
		return true;
	}
	return v - N_VERDICTS == a->n_ports && next_steer_drop(a, row);
}

static bool next_version(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	const struct anchor *a = app;

	if (cursor->u[0]++ > 0)
		return false;
	put_text(row, "program", "kedge-lma");
	put_text(row, "version", KEDGE_VERSION);
	put_text(row, "dpdk", rte_version());
	put_text(row, "node", a->conf->name);
	put_real(row, "uptime_s", seconds_between(a->started, control_now()));
	return true;
}

const struct mgmt_command show_commands[] = {
	{"show bindings", "every home network prefix and where it is", next_binding},
	{"show mags", "mobile access gateways and their binding updates", next_mag},
	{"show ports", "ports, their links and what they lost", next_port},
	{"show stats", "counters of forwarding and signalling", next_stat},
	{"show drops", "every way a packet was lost, by name", next_drop},
	{"show version", "what runs here and since when", next_version},
	{NULL, NULL, NULL},
};
