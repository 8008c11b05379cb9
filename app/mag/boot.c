// Building the gateway in order, and taking it down in the reverse one.
#include <errno.h>
#include <stdlib.h>

#include "app/common/loop.h"
#include "app/common/management.h"
#include "app/common/restart.h"
#include "app/mag/gateway.h"

enum { IP6_HEADER = 40, PREFIXES_PER_NODE = 4 };

static int start_engine(struct gateway *g, char *why, size_t n)
{
	const struct conf *c = g->conf;
	struct mag_node_conf *nodes = calloc(c->n_nodes + 1, sizeof(*nodes));
	struct mag_conf mag = {
		.coa = c->mag.coa,
		.lmaa = c->mag.lmaa,
		.nodes = nodes,
		.n_nodes = c->n_nodes,
		.access_tech = (uint8_t)c->mag.access_tech,
		.max_nodes = c->mag.max_nodes,
		.max_pending = c->mag.max_pending,
		.lifetime_s = c->mag.lifetime_s,
		.timestamps = c->mag.timestamps,
		.link_local = c->mag.link_local,
		.tunnel_mtu = (uint16_t)(c->mag.tunnel_mtu - IP6_HEADER),
		.access_mtu = UINT16_MAX,
		.prefix_valid_s = c->mag.prefix_valid_s,
		.prefix_preferred_s = c->mag.prefix_preferred_s,
		.router_lifetime_s = (uint16_t)c->mag.router_lifetime_s,
		.probe_after = c->mag.probe_after_ms * NS_MSEC,
		.probe_interval = c->mag.probe_interval_ms * NS_MSEC,
		.probes = c->mag.probes,
	};
	int rc = nodes != NULL ? restart_heartbeat(c, &mag.heartbeat, why, n) : -ENOMEM;

	for (uint32_t i = 0; i < c->n_nodes && rc == 0; i++) {
		memcpy(nodes[i].mac, c->nodes[i].mac, sizeof(nodes[i].mac));
		snprintf(nodes[i].nai, sizeof(nodes[i].nai), "%s", c->nodes[i].nai);
	}
	snprintf(mag.realm, sizeof(mag.realm), "%s", c->mag.realm);
	for (unsigned i = 0; i < g->plane.n_interfaces && rc == 0; i++) {
		struct port *port = g->plane.ports[g->plane.interfaces[i].port];
		struct port_link link = {.mtu = 1500};
		if (g->plane.interfaces[i].conf->role != CONF_ACCESS)
			continue;
		port->ops->link(port, &link);
		mag.access_mtu = RTE_MIN(mag.access_mtu, link.mtu);
	}
	if (rc == 0)
		g->mag = mag_new(&mag, plane_seed(), loop_instant());
	if (rc == 0 && g->mag == NULL)
		rc = -ENOMEM;
	free(nodes);
	return rc;
}

static int start_plane(struct gateway *g, char *why, size_t n)
{
	const struct conf *c = g->conf;
	struct plane_conf plane = {
		.program = "kedge-mag",
		.conf = c,
		.fwd = {.role = FWD_MAG,
			.lmaas = {c->mag.coa},
			.n_lmaas = 1,
			.ecn = c->mag.ecn == CONF_ECN_RFC5213 ? FWD_ECN_RFC5213 : FWD_ECN_RFC6040,
			.icmp_rate = c->mag.icmp_rate,
			.signalling_rate = c->mag.signalling_rate,
			.attach_rate = c->mag.attach_rate,
			.relay_rate = c->dataplane.relay_rate},
		.max_bindings = (uint64_t)c->mag.max_nodes * PREFIXES_PER_NODE,
		.max_entries = 2 * c->mag.max_nodes + 64, // a node that moves has two for a moment
		.max_peers = 16,
		.tunnel_mtu = c->mag.tunnel_mtu,
		.peer = c->mag.lmaa, // its first message has a timestamp, and must not wait
	};

	memcpy(plane.fwd.access_mac, c->mag.link_layer, sizeof(plane.fwd.access_mac));
	return plane_start(&g->plane, &plane, why, n);
}

int gateway_start(struct gateway *g, char *why, size_t n)
{
	int rc;

	g->started = loop_now();
	if ((rc = management_open(g->conf, gateway_commands, g, &g->mgmt, why, n)) != 0 ||
	    (rc = start_plane(g, why, n)) != 0 || (rc = start_engine(g, why, n)) != 0)
		return rc;
	plane_warn_of_addresses(&g->plane);
	return 0;
}

int gateway_run_workers(struct gateway *g)
{
	return plane_run(&g->plane);
}

void gateway_stop(struct gateway *g)
{
	plane_halt(&g->plane);
	mgmt_close(g->mgmt);
	mag_free(g->mag);
	plane_done(&g->plane);
	conf_free(g->conf);
}
