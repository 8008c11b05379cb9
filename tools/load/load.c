// Start and stop, and one turn.
#include "tools/load/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>

#include "app/common/buffers.h"
#include "app/common/eal.h"
#include "app/common/ports.h"

enum { WATCH_HZ = 200000 }; // packets a second to a node that moves and is watched

struct now load_now(const struct load *l)
{
	return ticks_now(&l->ticks, rte_rdtsc());
}

void load_turn(struct load *l, struct now now)
{
	for (unsigned i = 0; i < N_SIDES; i++)
		side_turn(&l->sides[i], now.mono);
	intake_turn(l);
	registrar_repeat(&l->registrar, now);
	registrar_move(&l->registrar, now);
	for (unsigned way = 0; way < N_WAYS; way++)
		traffic_send(&l->traffic[way], now);
	for (unsigned i = 0; i < N_SIDES; i++)
		side_flush(&l->sides[i]);
	progress_turn(l, now);
}

static int start_eal(const struct arguments *a, struct conf_port ports[N_SIDES], char *why,
		     size_t n)
{
	struct conf conf = {.ports = ports, .n_ports = N_SIDES};

	conf.dataplane.hugepages = a->hugepages; // one lcore: no workers beside it
	conf.dataplane.memory_mb = a->memory_mb;
	snprintf(conf.dataplane.lcores, sizeof(conf.dataplane.lcores), "%s", a->lcores);
	return eal_start("kedge-load", &conf, why, n);
}

static bool has_af_xdp(const struct conf_port ports[N_SIDES])
{
	return ports[SIDE_CORE].driver == CONF_AF_XDP || ports[SIDE_BACKBONE].driver == CONF_AF_XDP;
}

static int start_sides(struct load *l, const struct conf_port ports[N_SIDES], char *why, size_t n)
{
	const struct arguments *a = l->args;
	const char *object = l->steer != NULL ? steer_access_object_path(l->steer) : NULL;

	l->pool = buffers_create("mbufs", a->mbufs, !a->hugepages || l->steer != NULL);
	if (l->pool == NULL) {
		snprintf(why, n,
			 "no memory for %u packet buffers: raise --memory-mb (now %u) or lower "
			 "--mbufs",
			 a->mbufs, a->memory_mb);
		return -ENOMEM;
	}
	for (enum side_role role = 0; role < N_SIDES; role++) {
		struct side *s = &l->sides[role];
		s->role = role;
		s->plan = &l->plan;
		s->pool = l->pool;
		s->own = role == SIDE_CORE ? a->plan.correspondent : a->backbone_address;
		s->gateway = role == SIDE_CORE ? a->core_gateway : a->backbone_gateway;
		// As an access port: every frame on it is ours.
		int rc = ports_open(&ports[role], true, NULL, object, l->pool, &s->port, why, n);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int start_nodes(struct load *l, char *why, size_t n)
{
	const struct arguments *a = l->args;
	struct registrar_conf r = {.plan = &l->plan,
				   .pbu_rate = a->pbu_rate,
				   .handover_rate = a->handover_rate,
				   .storm_interval_s = a->storm_interval_s,
				   .most_waiting = a->pbus_in_flight,
				   .lifetime_s = a->lifetime_s,
				   .access_technology = (uint8_t)a->access_technology,
				   .watch_handovers = a->watch_handovers};
	struct now now = load_now(l);

	l->nodes = aligned_alloc(sizeof(struct node), l->plan.nodes * sizeof(struct node));
	if (l->nodes == NULL)
		goto none;
	memset(l->nodes, 0, l->plan.nodes * sizeof(struct node));
	for (uint32_t i = 0; i < l->plan.nodes; i++)
		l->nodes[i].mag = l->nodes[i].from = l->nodes[i].to = NODE_NO_MAG;
	if (registrar_init(&l->registrar, &r, l->nodes, &l->sides[SIDE_BACKBONE], a->seed, now) !=
		    0 ||
	    pick_init(&l->pick, l->plan.nodes, a->zipf, a->seed) != 0)
		goto none;
	l->registrar.register_pace = pace_of(a->pbu_rate, l->ticks.hz, now.tsc);
	l->registrar.handover_pace = pace_of(a->handover_rate, l->ticks.hz, now.tsc);
	for (enum frame_way way = 0; way < N_WAYS; way++)
		l->traffic[way] = (struct traffic){
			.way = way,
			.plan = &l->plan,
			.nodes = l->nodes,
			.side = &l->sides[way == WAY_DOWN ? SIDE_CORE : SIDE_BACKBONE],
			.pick = &l->pick,
			.watched = &l->registrar.watched,
			.watch_ticks = (uint64_t)(l->ticks.hz / WATCH_HZ),
			.sizes = a->sizes,
			.in_flight = a->in_flight};
	return 0;
none:
	snprintf(why, n, "no memory for %u nodes: lower --nodes", l->plan.nodes);
	return -ENOMEM;
}

int load_start(struct load *l, const struct arguments *a, char *why, size_t n)
{
	struct conf_port ports[N_SIDES] = {[SIDE_CORE] = a->core, [SIDE_BACKBONE] = a->backbone};
	int rc = 0;

	l->args = a;
	l->plan = a->plan;
	if (has_af_xdp(ports))
		rc = steer_open(&l->steer, why, n);
	if (rc == 0)
		rc = start_eal(a, ports, why, n);
	if (rc == 0) {
		l->ticks = ticks_begin(rte_rdtsc(), rte_get_tsc_hz());
		rc = start_sides(l, ports, why, n);
	}
	return rc == 0 ? start_nodes(l, why, n) : rc;
}

void load_stop(struct load *l)
{
	for (unsigned i = 0; i < N_SIDES; i++) {
		struct port *port = l->sides[i].port;
		if (port == NULL)
			continue;
		side_drop(&l->sides[i]);
		port->ops->close(port);
	}
	registrar_done(&l->registrar);
	pick_done(&l->pick);
	free(l->nodes);
	steer_close(l->steer);
	rte_eal_cleanup();
}
