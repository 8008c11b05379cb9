// Who begins what, and what an answer does.
#include "tools/load/registrar.h"

#include <errno.h>
#include <time.h>

#include "tools/load/pbu.h"

enum { EACH_TURN = 32, MOST_TRIES = 5, MESSAGE = 512, IP6_HEADER = 40 };

static void become(struct registrar *r, struct node *n, enum node_state state)
{
	r->in_state[n->state]--;
	n->state = (uint8_t)state;
	r->in_state[state]++;
}

static uint64_t wall_q16(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return wall_q16_from_ns((ns_t)t.tv_sec * NS_SEC + (ns_t)t.tv_nsec);
}

static void fill(const struct registrar *r, const struct node *n, struct pbu *u)
{
	u->mag = n->to;
	u->seq = n->seq;
	u->access_technology = r->is.access_technology;
	u->lifetime_s = r->is.lifetime_s;
	u->wall_q16 = wall_q16();
	switch (n->state) {
	case NODE_REGISTERING:
		u->handoff = HI_NEW_INTERFACE;
		break;
	case NODE_MOVING: // the new MAG does not know the prefix: all zero
		u->handoff = HI_BETWEEN_MAGS;
		break;
	default:
		u->handoff = HI_UNKNOWN;
		u->lifetime_s = 0;
		u->hnp = ip6_prefix_of(ip6_from64(n->hnp, 0), n->hnp_len);
	}
}

// Sends the request that its state is. No room: as if it had been lost, but soon again.
static void send(struct registrar *r, uint32_t node, struct now now)
{
	struct node *n = &r->nodes[node];
	struct pbu u = {.node = node};
	uint8_t packet[MESSAGE];

	n->seq++;
	n->asked = stamp_time(now);
	fill(r, n, &u);
	size_t len = pbu_emit(packet, sizeof(packet), r->is.plan, &u);
	if (!side_put_packet(r->backbone, side_queue_of(r->backbone, node), packet,
			     (uint16_t)len)) {
		wheel_set(r->wheel, node, now.mono + NS_MSEC);
		return;
	}
	r->counts.pbus++;
	r->counts.retransmitted += n->tries > 0;
	wheel_set(r->wheel, node, now.mono + (NS_SEC << n->tries));
}

static void begin(struct registrar *r, uint32_t node, enum node_state state, uint32_t to,
		  struct now now)
{
	struct node *n = &r->nodes[node];

	become(r, n, state);
	n->to = (uint16_t)to;
	n->tries = 0;
	r->waiting++;
	send(r, node, now);
}

static bool has_room(const struct registrar *r, uint32_t node)
{
	return side_room(r->backbone, side_queue_of(r->backbone, node)) > 0;
}

// How many requests of a paced phase may begin now. The first goes alone: the LMA may have to find
// out where we are, and loses what comes meanwhile.
static uint32_t due(const struct registrar *r, struct pace *pace, struct now now)
{
	uint32_t most = r->answers.n > 0 ? r->is.most_waiting : 1;
	uint32_t left = r->waiting < most ? most - r->waiting : 0;

	return pace_take(pace, now.tsc, left < EACH_TURN ? left : EACH_TURN);
}

bool registrar_enter(struct registrar *r, struct now now)
{
	uint32_t n = due(r, &r->register_pace, now);

	for (; n > 0 && r->next_in < r->is.plan->nodes && has_room(r, r->next_in); n--) {
		uint32_t node = r->next_in++;
		begin(r, node, NODE_REGISTERING, plan_first_mag(r->is.plan, node), now);
	}
	pace_give_back(&r->register_pace, n);
	return r->next_in == r->is.plan->nodes;
}

bool registrar_leave(struct registrar *r, struct now now)
{
	uint32_t n = due(r, &r->register_pace, now);

	while (n > 0 && r->next_out < r->is.plan->nodes && has_room(r, r->next_out)) {
		uint32_t node = r->next_out++;
		if (r->nodes[node].state != NODE_BOUND)
			continue;
		begin(r, node, NODE_LEAVING, r->nodes[node].mag, now);
		n--;
	}
	pace_give_back(&r->register_pace, n);
	return r->next_out == r->is.plan->nodes;
}

static void move_one(struct registrar *r, uint32_t node, uint32_t steps, struct now now)
{
	if (r->is.watch_handovers && r->watched == PLAN_NONE) {
		r->watched = node;
		r->nodes[node].watched = true;
	}
	begin(r, node, NODE_MOVING, plan_mag_after(r->is.plan, r->nodes[node].mag, steps), now);
	r->counts.handovers++;
}

// A storm waits for nobody: it goes on as fast as the port takes it.
static void storm(struct registrar *r, struct now now)
{
	uint32_t n = 0;

	if (r->storm_due <= now.mono && r->storm_at == r->is.plan->nodes) {
		r->storm_due = now.mono + r->is.storm_interval_s * NS_SEC;
		r->storm_mag = plan_mag_after(r->is.plan, r->storm_mag, 1);
		r->storm_at = 0;
		r->counts.storms++;
	}
	for (; r->storm_at < r->is.plan->nodes && n < SIDE_QUEUE && has_room(r, r->storm_at);
	     r->storm_at++) {
		const struct node *node = &r->nodes[r->storm_at];
		if (node->state != NODE_BOUND || node->mag != r->storm_mag)
			continue;
		move_one(r, r->storm_at, 1, now);
		n++;
	}
}

// One at a time, and the next when packets come by its new MAG; or not, when it is refused.
static void watch_on(struct registrar *r)
{
	struct node *n = r->watched != PLAN_NONE ? &r->nodes[r->watched] : NULL;

	if (n != NULL && n->state == NODE_BOUND && n->mag != n->to)
		n->watched = false;
	if (n != NULL && !n->watched)
		r->watched = PLAN_NONE;
}

void registrar_move(struct registrar *r, struct now now)
{
	const struct plan *p = r->is.plan;

	watch_on(r);
	if (!r->serving || p->mags < 2)
		return;
	for (uint32_t n = due(r, &r->handover_pace, now); n > 0; n--) {
		uint32_t node = rng_below(&r->rng, p->nodes);
		if (r->nodes[node].state == NODE_BOUND && has_room(r, node))
			move_one(r, node, 1 + rng_below(&r->rng, p->mags - 1), now);
	}
	if (r->is.storm_interval_s > 0)
		storm(r, now);
}

void registrar_repeat(struct registrar *r, struct now now)
{
	for (unsigned i = 0; i < EACH_TURN; i++) {
		uint32_t node = wheel_expire(r->wheel, now.mono);
		if (node == WHEEL_NONE)
			return;
		if (r->nodes[node].tries < MOST_TRIES)
			r->nodes[node].tries++;
		send(r, node, now);
	}
}

void registrar_serve(struct registrar *r, struct now now)
{
	r->serving = true;
	r->handover_pace.last = now.tsc;
	r->storm_due = now.mono + r->is.storm_interval_s * NS_SEC;
}

void registrar_pause(struct registrar *r, struct now now)
{
	if (r->watched != PLAN_NONE)
		r->nodes[r->watched].watched = false;
	r->watched = PLAN_NONE;
	r->serving = false;
	r->storm_at = r->is.plan->nodes;
	r->register_pace.last = now.tsc;
	r->heard = now.mono;
}

// ---- Answers

// A registration is granted a prefix, a handover the same one (RFC 5213 5.3.6).
static void accept_prefix(struct registrar *r, struct node *n, const struct mh *mh)
{
	const struct mh_opt *hnp = mh_find(mh, OPT_HNP);
	uint64_t prefix = hnp != NULL ? ip6_hi64(hnp->hnp.prefix) : 0;

	if (prefix == 0 || (n->state == NODE_MOVING && prefix != n->hnp))
		r->counts.other_prefix++;
	if (n->state == NODE_MOVING)
		return;
	n->hnp = prefix;
	n->hnp_len = hnp != NULL ? hnp->hnp.prefix_len : 0;
}

static void accepted(struct registrar *r, struct node *n, const struct mh *mh, struct now now)
{
	r->counts.accepted++;
	switch (n->state) {
	case NODE_REGISTERING:
		accept_prefix(r, n, mh);
		n->mag = n->to;
		become(r, n, n->hnp != 0 ? NODE_BOUND : NODE_REFUSED);
		break;
	case NODE_MOVING:
		accept_prefix(r, n, mh);
		n->from = n->mag;
		n->mag = n->to;
		n->moved = stamp_time(now);
		r->counts.moved++;
		become(r, n, NODE_BOUND);
		break;
	default:
		become(r, n, NODE_GONE);
	}
}

static void refused(struct registrar *r, struct node *n, uint8_t status)
{
	r->counts.refused[status]++;
	// One that was refused at another MAG is still bound at its own.
	become(r, n,
	       n->state == NODE_MOVING    ? NODE_BOUND
	       : n->state == NODE_LEAVING ? NODE_GONE
					  : NODE_REFUSED);
}

static bool is_asking(const struct node *n)
{
	return n->state == NODE_REGISTERING || n->state == NODE_MOVING || n->state == NODE_LEAVING;
}

static void hear_ba(struct registrar *r, const struct mh *mh, uint32_t mag, struct now now)
{
	const struct mh_opt *id = mh_find(mh, OPT_MN_ID);
	uint32_t node = id != NULL ? plan_node_of_nai(r->is.plan, id->mn_id.id) : PLAN_NONE;

	if (node == PLAN_NONE) {
		r->counts.unexpected++;
		return;
	}
	struct node *n = &r->nodes[node];
	if (!is_asking(n) || mh->ba.seq != n->seq || mag != n->to) {
		r->counts.stale++;
		return;
	}
	histogram_add(&r->answers, stamp_time(now) - n->asked);
	wheel_stop(r->wheel, node);
	r->waiting--;
	r->heard = now.mono;
	if (mh->ba.status < PBA_UNSPECIFIED)
		accepted(r, n, mh, now);
	else
		refused(r, n, mh->ba.status);
}

static void hear_heartbeat(struct registrar *r, const struct mh *mh, uint32_t mag)
{
	uint8_t packet[MESSAGE];

	if ((mh->heartbeat.flags & HEARTBEAT_RESPONSE) != 0) {
		r->counts.unexpected++;
		return;
	}
	size_t n = pbu_emit_heartbeat(packet, sizeof(packet), r->is.plan, mag, mh->heartbeat.seq);
	r->counts.heartbeats += side_put_packet(r->backbone, 0, packet, (uint16_t)n);
}

void registrar_hear(struct registrar *r, struct span packet, struct now now)
{
	struct span body = {packet.p + IP6_HEADER, (uint16_t)(packet.n - IP6_HEADER)};
	struct ip6_addr src, dst;
	struct mh mh;

	memcpy(src.a, packet.p + 8, sizeof(src.a));
	memcpy(dst.a, packet.p + 24, sizeof(dst.a));
	uint32_t mag = plan_mag(r->is.plan, dst);
	if (mag == PLAN_NONE || mh_parse(body, src, dst, &mh) != MH_OK) {
		r->counts.unreadable++;
		return;
	}
	if (mh.type == MH_BA)
		hear_ba(r, &mh, mag, now);
	else if (mh.type == MH_HEARTBEAT)
		hear_heartbeat(r, &mh, mag);
	else
		r->counts.unexpected++;
}

// ---- Life

int registrar_init(struct registrar *r, const struct registrar_conf *conf, struct node *nodes,
		   struct side *backbone, uint64_t seed, struct now now)
{
	r->is = *conf;
	r->nodes = nodes;
	r->backbone = backbone;
	r->rng = (struct rng){seed};
	r->in_state[NODE_ABSENT] = conf->plan->nodes;
	r->storm_at = conf->plan->nodes;
	r->watched = PLAN_NONE;
	r->storm_mag = conf->plan->mags - 1; // the first storm is the first MAG's
	r->wheel = wheel_new(conf->plan->nodes, now.mono);
	return r->wheel != NULL ? 0 : -ENOMEM;
}

void registrar_done(struct registrar *r)
{
	wheel_free(r->wheel);
	r->wheel = NULL;
}
