// What the control thread's turn does for the MAG: what nodes, the LMA, links and time have to say.
#include "app/common/loop.h"
#include "app/common/signalling.h"
#include "app/mag/authorise.h"
#include "app/mag/gateway.h"
#include "app/mag/handovers.h"

void control_tell(struct gateway *g, struct instant now, const struct mag_event *event)
{
	mag_input(g->mag, now, event);
	effects_apply(g, now);
}

static void take_signalling(struct gateway *g, struct rte_mbuf *m, struct instant now)
{
	struct mag_event event = {.kind = MAG_BAD_MESSAGE};
	struct signalling s;

	if (!signalling_read(&g->plane, m, now.mono, &s))
		return;
	if (s.err == MH_OK) {
		event.kind = MAG_MESSAGE;
		event.message.src = s.src;
		event.message.dst = s.dst;
		event.message.mh = &s.mh;
	} else {
		event.bad.src = s.src;
		event.bad.dst = s.dst;
		event.bad.err = s.err;
		event.bad.type = s.mh.type;
	}
	control_tell(g, now, &event);
}

static void on_punts(void *arg, struct rte_mbuf *const *pkts, unsigned n, struct instant now)
{
	for (unsigned i = 0; i < n; i++) {
		if (fwd_punt_of(pkts[i])->kind == FWD_PUNT_ACCESS)
			frames_take(arg, pkts[i], now);
		else
			take_signalling(arg, pkts[i], now);
	}
}

static void on_time(void *arg, struct instant now)
{
	struct gateway *g = arg;

	authorise_turn(g, now);
	if (mag_deadline(g->mag) <= now.mono)
		control_tell(g, now, &(struct mag_event){.kind = MAG_TICK});
	dhcp_poll(g, now);
	handovers_turn(g);
}

// Without a carrier nobody is on an access link any more (MAG-DET-01).
static void on_link(void *arg, uint16_t port, bool up)
{
	struct gateway *g = arg;
	struct instant now = loop_instant();

	for (uint16_t i = 0; i < g->plane.n_interfaces; i++) {
		const struct plane_interface *in = &g->plane.interfaces[i];
		if (in->port != port || in->conf->role != CONF_ACCESS)
			continue;
		log_line(LOG_WARNING, "access interface %s: carrier %s", in->conf->name,
			 up ? "back" : "lost, its nodes are de-registered");
		control_tell(g, now,
			     &(struct mag_event){.kind = MAG_CARRIER,
						 .carrier = {.interface = i, .up = up}});
	}
}

// MAG-RA-08.
static void on_path_mtu(void *arg, struct ip6_addr lma, uint16_t inside)
{
	struct gateway *g = arg;

	control_tell(g, loop_instant(),
		     &(struct mag_event){.kind = MAG_PATH_MTU,
					 .path_mtu = {.lma = lma, .tunnel_mtu = inside}});
}

void control_run(struct gateway *g, const volatile sig_atomic_t *stop)
{
	const struct loop_program program = {.arg = g,
					     .on_punts = on_punts,
					     .on_time = on_time,
					     .on_link = on_link,
					     .on_path_mtu = on_path_mtu};

	loop_run(&g->plane, g->mgmt, &program, stop);
}
