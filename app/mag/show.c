// What an operator sees: one function a table, one row a call. Reads, changes nothing. Control
// thread.
#include "app/common/loop.h"
#include "app/common/rows.h"
#include "app/common/text.h"
#include "app/mag/gateway.h"
#include "app/mag/handovers.h"

enum { TEXT = 1024 };

static const char *state_name(enum bul_state state)
{
	static const char *const names[BUL_N_STATES] = {
		"none", "asking", "registering", "bound", "refreshing", "leaving", "refused"};

	return names[state];
}

static const char *reason_of(const struct mag_binding *b)
{
	if (b->reason == REASON_NONE || b->reason == REASON_STATUS)
		return pba_status_name(b->status);
	return mag_reason_text(b->reason);
}

static void put_node(const struct gateway *g, const struct mag_binding *b, json_t *row)
{
	char text[TEXT];
	ns_t now = loop_now();

	put_text(row, "mn_id", text_of(b->mn_id, text, sizeof(text)));
	put_text(row, "mac", text_of_mac((struct span){b->link.mac, 6}, text, sizeof(text)));
	put_text(row, "interface", g->plane.interfaces[b->link.interface].conf->name);
	put_text(row, "state", state_name(b->state));
	put_count(row, "status", b->status);
	put_text(row, "reason", reason_of(b));
	put_text(row, "advice", mag_reason_advice(b->reason));
	put_addr(row, "lma", b->lma);
	put_addr(row, "link_local", b->link_local);
	put_text(row, "local_routing", b->local ? "on" : "off");
	put_real(row, "age_s", seconds_between(b->since, now));
	put_real(row, "heard_s", seconds_between(b->heard, now));
	put_real(row, "expires_s", seconds_between(now, b->expires));
	put_real(row, "attach_ms", b->attach_us / 1000.0);
	put_count(row, "pbus", b->pbus);
	put_count(row, "retries", b->retries);
}

// Who was refused here has no entry, and a row all the same.
static bool next_refused(const struct gateway *g, struct mgmt_cursor *cursor, json_t *row)
{
	struct mag_refusal r;
	char text[TEXT];
	ns_t now = loop_now();

	if (!mag_next_refusal(g->mag, &cursor->u[2], &r))
		return false;
	put_text(row, "prefix", "");
	put_text(row, "mn_id", text_of(r.mn_id, text, sizeof(text)));
	put_text(row, "mac", text_of_mac((struct span){r.link.mac, 6}, text, sizeof(text)));
	put_text(row, "interface", g->plane.interfaces[r.link.interface].conf->name);
	put_text(row, "state", "refused");
	put_count(row, "status", r.status);
	int n = snprintf(text, sizeof(text), "%s%s", mag_reason_text(r.reason),
			 r.why.n > 0 ? ": " : "");
	text_of_words(r.why, text + n, sizeof(text) - (size_t)n);
	put_text(row, "reason", text);
	put_text(row, "advice", mag_reason_advice(r.reason));
	put_real(row, "age_s", seconds_between(r.since, now));
	put_real(row, "heard_s", seconds_between(r.last, now));
	put_count(row, "times", r.times);
	if (r.until == UINT64_MAX)
		put_text(row, "held", "until kedgectl mag attach");
	else
		put_real(row, "held_s", seconds_between(now, r.until));
	return true;
}

// u[0]: where the engine's walk stands, u[1]: which prefix of the node, u[2]: the walk over the
// refused. One without prefixes has a row too.
static bool next_node(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	const struct gateway *g = app;
	struct mag_binding b;
	char text[TEXT];

	uint32_t at = cursor->u[0];
	if (!mag_next_binding(g->mag, &at, &b))
		return next_refused(g, cursor, row);
	uint32_t i = cursor->u[1]++;
	put_text(row, "prefix", i < b.n_hnps ? ip6_prefix_format(b.hnps[i], text) : "");
	put_node(g, &b, row);
	if (cursor->u[1] >= b.n_hnps)
		*cursor = (struct mgmt_cursor){.u = {at}};
	return true;
}

static bool next_heartbeat(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	const struct gateway *g = app;
	struct mag_lma lma;

	if (!mag_next_lma(g->mag, &cursor->u[0], &lma))
		return false;
	rows_put_heartbeat(row, lma.addr, &lma.heartbeat);
	put_count(row, "bindings", lma.bindings);
	put_count(row, "tunnel_mtu", lma.tunnel_mtu);
	return true;
}

static const char *handover_state_name(enum handover_state state)
{
	static const char *const names[HO_N_STATES] = {
		"none",   "asked",    "prepared", "forwarding", "settling", "ending",
		"asking", "expected", "here",     "registered", "over"};

	return names[state];
}

// As in its counter, without what all of them begin with.
static const char *outcome_of(const struct mag_handover *h)
{
	static const char all[] = "handover_";

	return h->outcome == OUTCOME_NONE ? ""
					  : handover_outcome_name(h->outcome) + sizeof(all) - 1;
}

static bool next_handover(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	const struct gateway *g = app;
	struct mag_handover h;
	uint64_t packets, bytes;
	char text[TEXT];
	ns_t now = loop_now();

	if (!mag_next_handover(g->mag, &cursor->u[0], &h))
		return false;
	handovers_waiting(g, h.number, &packets, &bytes);
	put_text(row, "mn_id", text_of(h.mn_id, text, sizeof(text)));
	put_text(row, "role", h.is_new ? "new" : "previous");
	put_addr(row, "peer", h.peer);
	put_text(row, "mode", h.reactive ? "reactive" : "predictive");
	put_text(row, "state", handover_state_name(h.state));
	put_text(row, "outcome", outcome_of(&h));
	put_text(row, "why", handover_outcome_text(h.outcome));
	snprintf(text, sizeof(text), "%u %s", h.code, hack_code_name(h.code));
	put_text(row, "code", h.code == 0 ? "" : text);
	put_count(row, "packets", packets);
	put_count(row, "bytes", bytes);
	put_real(row, "age_s", seconds_between(h.since, now));
	put_real(row, "left_s", seconds_between(now, h.until));
	return true;
}

static bool next_radius(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	const struct gateway *g = app;
	struct aaa_server_totals t;

	if (g->aaa == NULL || !aaa_server_totals(g->aaa, cursor->u[0]++, &t))
		return false;
	put_text(row, "server", t.address);
	put_count(row, "port", t.port);
	put_text(row, "state", t.asked == 0 ? "idle" : t.silent ? "silent" : "answers");
	put_count(row, "asked", t.asked);
	put_count(row, "accepted", t.accepted);
	put_count(row, "rejected", t.rejected);
	put_count(row, "timeouts", t.timeouts);
	put_count(row, "forged", t.forged);
	put_count(row, "unusable", t.unusable);
	return true;
}

static void put_radius(struct stats *s, struct aaa *aaa)
{
	struct aaa_totals t = aaa_totals(aaa);

	put_stat(s, "radius_asked", t.asked, "questions to RADIUS, answered from memory too");
	put_stat(s, "radius_from_cache", t.from_cache, "of them answered from memory");
	put_stat(s, "radius_waiting", t.waiting, "of them not answered yet");
	put_stat(s, "radius_full", t.full, "not asked: mag.max_pending questions are out");
	put_stat(s, "radius_cached", t.cached, "answers remembered");
}

static void put_handovers(struct stats *s, struct gateway *g)
{
	const struct mag_totals *t = mag_totals(g->mag);
	struct handovers_totals w = handovers_totals(g);

	put_stat(s, "hi_sent", t->his, "HIs sent: fast handover (RFC 5949)");
	put_stat(s, "hi_retries", t->hi_retries, "of them sent again");
	put_stat(s, "hack_sent", t->hacks, "HAcks sent");
	for (unsigned i = OUTCOME_NONE + 1; i < N_OUTCOMES; i++)
		put_stat(s, handover_outcome_name(i), t->outcomes[i], handover_outcome_text(i));
	put_stat(s, "handover_queues", w.holds, "fast handovers with queues at the workers");
	put_stat(s, "handover_queues_draining", w.closing, "of them over, drained still");
	put_stat(s, "handover_queues_refused", w.refused,
		 "fast handovers without queues: none left");
	put_stat(s, "handover_bytes", w.bytes, "of packet buffers in them");
}

static void put_signalling(struct stats *s, struct gateway *g)
{
	const struct mag_totals *t = mag_totals(g->mag);
	const struct gateway_counters *c = &g->counters;

	put_stat(s, "nodes", t->nodes, "mobile nodes on access links");
	put_stat(s, "nodes_asking", t->asking, "of them waiting for authorisation");
	put_stat(s, "nodes_pending", t->pending, "of them waiting for the LMA");
	put_stat(s, "nodes_refused", t->refused, "of them refused by the LMA");
	put_stat(s, "initial_sent", t->sent[0], "binding updates: a node attached");
	put_stat(s, "refresh_sent", t->sent[1], "binding updates: renewals");
	put_stat(s, "deregistration_sent", t->sent[2], "binding updates: a node left");
	put_stat(s, "retries", t->retries, "binding updates sent again");
	put_stat(s, "accepted", t->accepted, "acknowledgements: accepted");
	put_stat(s, "denied", t->denied, "acknowledgements: denied");
	put_stat(s, "adverts", t->adverts, "Router Advertisements decided");
	put_stat(s, "probes", t->probes, "probes of silent nodes decided");
	put_stat(s, "refusals", t->refusals, "nodes remembered as refused here");
	put_stat(s, "asked", t->asked, "authorisations asked for");
	for (unsigned i = REASON_NONE + 1; i < MAG_N_REASONS; i++)
		put_stat(s, mag_reason_name(i), t->by_reason[i], mag_reason_text(i));
	for (unsigned i = 0; i < MAG_N_NOTES; i++)
		put_stat(s, mag_note_name(i), t->notes[i], mag_note_text(i));
	put_stat(s, "heard", c->heard, "frames of nodes that control looked at");
	put_stat(s, "solicited", c->solicited, "of them Router Solicitations");
	put_stat(s, "defended", c->defended, "own addresses defended against a node's DAD");
	put_stat(s, "frames_no_interface", c->no_interface, "frames of no access interface");
	put_stat(s, "nd_sent", c->nd_sent, "frames for nodes given to a worker");
	put_stat(s, "nd_no_mbuf", c->nd_no_mbuf, "not sent: no buffer");
	put_stat(s, "nd_ring_full", c->nd_ring_full, "not sent: ring full");
	put_stat(s, "bind_failed", c->bind_failed, "nodes that the workers had no room for");
	for (unsigned i = 0; i < DHCP_N_COUNTS && g->dhcp != NULL; i++)
		put_stat(s, dhcp_count_name(i), dhcp_count_get(g->dhcp, i), dhcp_count_text(i));
}

static bool next_stat(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	struct stats s = {.n = 0};
	struct gateway *g = app;

	rows_put_path(&s, &g->plane);
	put_signalling(&s, g);
	if (g->handovers != NULL)
		put_handovers(&s, g);
	if (g->aaa != NULL)
		put_radius(&s, g->aaa);
	rows_put_control(&s, &g->plane);
	rows_put_tables(&s, &g->plane);
	return rows_stat(&s, cursor, row);
}

static bool next_port(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	return rows_port(&((struct gateway *)app)->plane, cursor, row);
}

static bool next_worker(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	return rows_worker(&((struct gateway *)app)->plane, cursor, row);
}

static bool next_interface(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	return rows_interface(&((struct gateway *)app)->plane, cursor, row);
}

static bool next_drop(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	return rows_drop(&((struct gateway *)app)->plane, cursor, row);
}

static bool next_domain(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	return rows_domain(&((struct gateway *)app)->plane, cursor, row);
}

static bool next_version(void *app, struct mgmt_cursor *cursor, json_t *row)
{
	const struct gateway *g = app;

	return rows_version("kedge-mag", &g->plane, g->started, cursor, row);
}

const struct mgmt_command gateway_commands[] = {
	{.words = "show nodes", .help = "mobile nodes on access links", .next = next_node},
	{.words = "show heartbeats", .help = "do the LMAs answer", .next = next_heartbeat},
	{.words = "show handovers",
	 .help = "fast handovers, and what came of the last ones",
	 .next = next_handover},
	{.words = "show radius", .help = "RADIUS servers, do they answer", .next = next_radius},
	{.words = "show workers",
	 .help = "forwarding threads and what each of them did",
	 .next = next_worker},
	{.words = "show interfaces",
	 .help = "interfaces, their kernel twins",
	 .next = next_interface},
	{.words = "show ports", .help = "ports, their links and what they lost", .next = next_port},
	{.words = "show stats", .help = "counters of forwarding and signalling", .next = next_stat},
	{.words = "show drops", .help = "every way a packet was lost, by name", .next = next_drop},
	{.words = "show domain", .help = "the RFC's variables that hold here", .next = next_domain},
	{.words = "show version", .help = "what runs here and since when", .next = next_version},
	{.words = "mag attach",
	 .help = "MAC [nai NAI] [interface NAME] [from AP-ID] [handoff new|interfaces|mags]: a "
		 "node is there",
	 .run = order_attach},
	{.words = "mag handover",
	 .help = "MN --to AP-ID [prepare], or MN cancel: it is about to move",
	 .run = order_handover},
	{.words = "mag detach", .help = "MAC [interface NAME]: it is gone", .run = order_detach},
	{.words = NULL},
};
