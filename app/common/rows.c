// Values, and the tables of workers, ports and drops.
#include "app/common/rows.h"

#include <rte_version.h>

#include "app/common/adj.h"
#include "app/common/loop.h"
#include "app/common/text.h"
#include "app/common/version.h"

enum { TEXT = 128 };

double seconds_between(ns_t from, ns_t to)
{
	return to > from ? (double)(to - from) / (double)NS_SEC : 0;
}

void put_text(json_t *row, const char *key, const char *value)
{
	json_object_set_new(row, key, json_string(value));
}

void put_count(json_t *row, const char *key, uint64_t value)
{
	json_object_set_new(row, key, json_integer((json_int_t)value));
}

void put_real(json_t *row, const char *key, double value)
{
	json_object_set_new(row, key, json_real(value));
}

void put_addr(json_t *row, const char *key, struct ip6_addr a)
{
	char text[IP6_ADDR_TEXT];

	put_text(row, key, ip6_format(a, text));
}

// RFC 5213 8.5 with the numbers that IANA added.
const char *access_name(uint8_t tech)
{
	static const char *const names[] = {"reserved", "virtual", "PPP",   "802.3", "802.11",
					    "802.16e",  "GERAN",   "UTRAN", "LTE",   "eHRPD",
					    "HRPD",     "1xRTT",   "UMB",   "NB-IoT"};

	return tech < sizeof(names) / sizeof(names[0]) ? names[tech] : "unassigned";
}

static const char *role_name(enum conf_role role)
{
	static const char *const names[] = {"core", "backbone", "access"};

	return names[role];
}

// A port with several interfaces is shown with the link of its first one.
static const struct adj_link *first_link(const struct plane *p, uint16_t port)
{
	for (unsigned i = 0; i < p->n_interfaces; i++)
		if (p->interfaces[i].port == port)
			return twin_link(p->twin, port, p->interfaces[i].conf->vlan);
	return NULL;
}

bool rows_port(const struct plane *a, struct mgmt_cursor *cursor, json_t *row)
{
	struct port_missed missed = {0};
	char text[TEXT];

	if (cursor->u[0] >= a->n_ports)
		return false;
	struct port *port = a->ports[cursor->u[0]++];
	const struct adj_link *link = first_link(a, port->number);
	struct port_link own = {.mtu = 0};
	port->ops->missed(port, &missed);
	port->ops->link(port, &own);
	put_text(row, "name", port->name);
	put_text(row, "driver", port->ops->name);
	put_text(row, "netdev", port->netdev);
	put_text(row, "link", (link != NULL ? link->up : a->link_up[port->number]) ? "up" : "down");
	put_text(row, "mac", text_of_mac((struct span){link ? link->mac : own.mac, 6}, text, TEXT));
	put_count(row, "mtu", link ? link->mtu : own.mtu);
	put_count(row, "rx_queues", port->n_rx);
	put_text(row, "spread_by", spreading_name(plane_spreading(a, port)));
	put_count(row, "rx_packets", missed.rx_packets);
	put_count(row, "tx_packets", missed.tx_packets);
	put_count(row, "rx_missed", missed.rx_no_room + missed.rx_errors + missed.rx_no_mbuf);
	put_count(row, "tx_errors", missed.tx_errors);
	return true;
}

bool rows_worker(const struct plane *p, struct mgmt_cursor *cursor, json_t *row)
{
	if (cursor->u[0] >= p->n_workers)
		return false;
	const struct worker *w = &p->workers[cursor->u[0]++];
	const struct telem_worker *t = w->telem;
	uint64_t polls = telem_read(&t->polls), idle = telem_read(&t->idle_polls);
	put_count(row, "worker", w->number);
	put_count(row, "rx_queues", w->n_rx);
	put_count(row, "received", telem_read(&t->received));
	put_count(row, "decapsulated", telem_read(&t->decapsulated));
	put_count(row, "handed_over", telem_read(&t->handed_over));
	put_count(row, "taken_over", telem_read(&t->taken_over));
	put_count(row, "handoff_full", telem_read(&t->verdicts[V_DROP_HANDOFF_FULL]));
	put_count(row, "sent", telem_read(&t->sent));
	put_count(row, "busy_percent",
		  polls > 0 ? (polls - RTE_MIN(idle, polls)) * 100 / polls : 0);
	return true;
}

bool rows_interface(const struct plane *p, struct mgmt_cursor *cursor, json_t *row)
{
	char text[TEXT];

	if (cursor->u[0] >= p->n_interfaces)
		return false;
	const struct plane_interface *in = &p->interfaces[cursor->u[0]++];
	const struct adj_link *link = twin_link(p->twin, in->port, in->conf->vlan);
	put_text(row, "name", in->conf->name);
	put_text(row, "port", in->conf->port);
	put_count(row, "vlan", in->conf->vlan);
	put_text(row, "role", role_name(in->conf->role));
	put_text(row, "twin", in->conf->twin);
	put_text(row, "link", (link != NULL ? link->up : p->link_up[in->port]) ? "up" : "down");
	put_text(row, "mac", link ? text_of_mac((struct span){link->mac, 6}, text, TEXT) : "");
	put_count(row, "mtu", link ? link->mtu : 0);
	put_addr(row, "address", link ? link->addr : (struct ip6_addr){0});
	return true;
}

static const char *peer_state(const struct heartbeat *h)
{
	if (h->incapable)
		return "does not know heartbeats";
	if (h->unreachable)
		return "unreachable";
	return h->due != 0 ? "alive" : "idle";
}

void rows_put_heartbeat(json_t *row, struct ip6_addr peer, const struct heartbeat *h)
{
	put_addr(row, "peer", peer);
	put_text(row, "state", peer_state(h));
	put_count(row, "requests", h->requests);
	put_count(row, "responses", h->responses);
	put_count(row, "unanswered", h->unanswered);
	put_count(row, "answered", h->answered);
	put_count(row, "restart_counter", h->counter);
}

void put_stat(struct stats *s, const char *name, uint64_t value, const char *text)
{
	if (s->n < MAX_STATS)
		s->rows[s->n++] = (struct stat){name, text, value};
}

bool rows_stat(const struct stats *s, struct mgmt_cursor *cursor, json_t *row)
{
	if (cursor->u[0] >= s->n)
		return false;
	const struct stat *stat = &s->rows[cursor->u[0]++];
	put_text(row, "name", stat->name);
	put_count(row, "value", stat->value);
	put_text(row, "text", stat->text);
	return true;
}

static void sum_workers(const struct plane *a, struct telem_worker *sum)
{
	const struct telem_worker *each[WORKER_MAX + 1];

	for (unsigned i = 0; i < a->n_workers; i++)
		each[i] = &a->telem[i];
	each[a->n_workers] = &a->waiting.telem;
	telem_sum(each, a->n_workers + 1, sum);
}

static uint64_t count_held(const struct plane *a)
{
	uint64_t held = 0;

	for (unsigned i = 0; i < a->n_workers; i++) {
		held += atomic_load_explicit(&a->workers[i].held, memory_order_relaxed) +
			rte_ring_count(a->workers[i].inbox) + rte_ring_count(a->fragments[i]);
		if (a->flows[i] != NULL)
			held += rte_ring_count(a->flows[i]);
	}
	return held;
}

void rows_put_path(struct stats *s, const struct plane *a)
{
	struct telem_worker sum = {0};
	uint64_t lost = 0;

	sum_workers(a, &sum);
	for (unsigned v = 0; v < N_VERDICTS; v++)
		lost += verdict_is_drop(v) ? sum.verdicts[v] : 0;
	put_stat(s, "received", sum.received, "packets that workers received");
	put_stat(s, "received_bytes", sum.received_bytes, "the same in bytes");
	put_stat(s, "originated", sum.originated, "packets of our own that entered the path");
	put_stat(s, "fragmented", sum.fragmented,
		 "pieces of outer packets, beyond the first of each");
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
	put_stat(s, "decapsulated", sum.decapsulated, "packets that workers took out of tunnels");
	put_stat(s, "handed_over", sum.handed_over, "packets of tunnels given to another worker");
	put_stat(s, "imbalance_percent", balance_percent(&a->balance, a->telem, a->n_workers),
		 "what the busiest worker took out of tunnels above the mean, in the last 10 s");
}

void rows_put_tables(struct stats *s, const struct plane *a)
{
	struct bcache_stats cache = {0};

	bcache_stats(a->bcache, &cache);
	put_stat(s, "cache_bindings", cache.bindings, "prefixes that the workers know");
	put_stat(s, "cache_stashed", cache.stashed, "of them outside their line");
	put_stat(s, "cache_bytes", cache.bytes, "memory of the binding cache");
	put_stat(s, "cache_refused", cache.refused, "prefixes for which there was no room");
	put_stat(s, "grace_pending", grace_pending(a->grace), "things waiting for the workers");
}

void rows_put_control(struct stats *s, const struct plane *p)
{
	const struct plane_counters *c = &p->counters;
	const struct relay_counters *r = &p->relayed;

	for (unsigned i = MH_OK + 1; i < MH_N_ERRS; i++)
		put_stat(s, mh_err_name(i), c->parse_errors[i], "mobility messages not readable");
	put_stat(s, "signalling_sent", c->sent, "messages of ours given to a worker");
	put_stat(s, "signalling_no_mbuf", c->send_no_mbuf, "not sent: no buffer");
	put_stat(s, "signalling_ring_full", c->send_ring_full, "not sent: ring full");
	put_stat(s, "signalling_not_encoded", c->send_not_encoded, "not sent: does not fit");
	put_stat(s, "punts", c->punts, "packets that workers gave to control");
	put_stat(s, "icmp_punts", c->icmp_punts, "of them ICMPv6 errors about a tunnel");
	put_stat(s, "tunnel_errors", c->tunnel_errors,
		 "of those read as being about a tunnel packet");
	put_stat(s, "tunnel_errors_strange", c->tunnel_errors_strange,
		 "of them about no tunnel of ours: not believed");
	put_stat(s, "tunnel_errors_relayed", c->tunnel_errors_relayed,
		 "told to the source of the inner packet (RFC 2473 8)");
	put_stat(s, "path_mtu_changes", c->path_mtu_changes,
		 "path MTUs of peers learnt, or forgotten after ten minutes");
	put_stat(s, "params_told", c->params_told,
		 "malformed mobility headers answered with a Parameter Problem");
	put_stat(s, "gleans", c->gleans, "neighbours that workers asked for");
	put_stat(s, "relay_to_kernel", r->to_kernel, "frames given to a TAP");
	put_stat(s, "relay_from_kernel", r->from_kernel, "frames taken from a TAP");
	put_stat(s, "relay_refused", r->refused, "frames that a TAP did not take: is it up?");
	put_stat(s, "relay_no_twin", r->no_twin, "frames with the tag of no interface's TAP");
	put_stat(s, "relay_no_mbuf", r->no_mbuf, "turns in which a TAP had to wait: no buffer");
	put_stat(s, "relay_ring_full", r->ring_full, "frames of a TAP lost: worker's ring full");
}

// The XDP program's losses stand beside the workers': a packet has a name wherever it is lost.
static bool next_steer_drop(const struct plane *a, json_t *row)
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

bool rows_drop(const struct plane *a, struct mgmt_cursor *cursor, json_t *row)
{
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

static void put_ms(json_t *row, uint32_t ms)
{
	char text[32];

	snprintf(text, sizeof(text), "%u ms", (unsigned)ms);
	put_text(row, "value", text);
}

static void put_flag(json_t *row, bool flag)
{
	put_text(row, "value", flag ? "1" : "0");
}

static void put_variable(const struct conf *c, uint32_t i, json_t *row)
{
	bool is_lma = c->program == CONF_LMA;
	char text[32];

	switch (i) {
	case 0:
		put_flag(row, is_lma ? c->lma.timestamps : c->mag.timestamps);
		break;
	case 1:
		put_flag(row, is_lma && c->lma.mobile_node_generated_timestamp);
		break;
	case 2:
		put_addr(row, "value", is_lma ? c->lma.link_local : c->mag.link_local);
		break;
	case 3:
		text_of_mac((struct span){is_lma ? c->lma.link_layer : c->mag.link_layer, 6}, text,
			    sizeof(text));
		put_text(row, "value", text);
		break;
	case 4:
		put_ms(row, c->lma.min_delay_before_bce_delete_ms);
		break;
	case 5:
		put_ms(row, c->lma.max_delay_before_new_bce_assign_ms);
		break;
	case 6:
		put_ms(row, c->lma.timestamp_validity_window_ms);
		break;
	}
}

bool rows_domain(const struct plane *p, struct mgmt_cursor *cursor, json_t *row)
{
	static const struct {
		const char *name, *rfc;
	} variables[] = {
		{"TimestampBasedApproachInUse", "RFC 5213 9.3: the same in the domain"},
		{"MobileNodeGeneratedTimestampInUse", "RFC 5213 9.3: the same in the domain"},
		{"FixedMAGLinkLocalAddressOnAllAccessLinks",
		 "RFC 5213 9.3: the same in the domain"},
		{"FixedMAGLinkLayerAddressOnAllAccessLinks",
		 "RFC 5213 9.3: the same in the domain"},
		{"MinDelayBeforeBCEDelete", "RFC 5213 9.1: LMA"},
		{"MaxDelayBeforeNewBCEAssign", "RFC 5213 9.1: LMA"},
		{"TimestampValidityWindow", "RFC 5213 9.1: LMA"},
	};
	const struct conf *c = p->is.conf;
	uint32_t n = c->program == CONF_LMA ? 7 : 4, i = cursor->u[0]++;

	if (i >= n)
		return false;
	put_text(row, "name", variables[i].name);
	put_text(row, "rfc", variables[i].rfc);
	put_variable(c, i, row);
	return true;
}

bool rows_version(const char *program, const struct plane *p, ns_t started,
		  struct mgmt_cursor *cursor, json_t *row)
{
	if (cursor->u[0]++ > 0)
		return false;
	put_text(row, "program", program);
	put_text(row, "version", KEDGE_VERSION);
	put_text(row, "dpdk", rte_version());
	put_text(row, "node", p->is.conf->name);
	put_real(row, "uptime_s", seconds_between(started, loop_now()));
	return true;
}
