// Building the gateway in order, and taking it down in the reverse one.
#include <errno.h>
#include <stdlib.h>

#include "app/common/loop.h"
#include "app/common/management.h"
#include "app/common/restart.h"
#include "app/mag/authorise.h"
#include "app/mag/gateway.h"
#include "app/mag/handovers.h"

// Longer than all servers and tries together take; then nobody answers.
static const ns_t AUTHORISE_TIMEOUT = 600 * NS_SEC;

enum { IP6_HEADER = 40, PREFIXES_PER_NODE = 4 };

// What the engine copies at its start.
struct rows {
	struct mag_node_conf *nodes;
	struct mag_profile_conf *profiles;
	struct mag_interface_conf *interfaces;
};

static void free_rows(struct rows *r)
{
	free(r->nodes);
	free(r->profiles);
	free(r->interfaces);
}

static void fill_profile(struct mag_profile_conf *out, const struct conf_profile *c)
{
	snprintf(out->match, sizeof(out->match), "%s", c->match);
	out->permit = c->permit;
	out->profile.lma = c->lma;
	out->profile.local_routing = (uint8_t)c->local_routing;
	out->profile.lifetime_s = c->max_lifetime_s;
	snprintf(out->profile.service, sizeof(out->profile.service), "%s", c->service);
	for (uint32_t k = 0; k < c->n_prefixes && k < MAG_MAX_HNPS; k++)
		out->profile.hnps[out->profile.n_hnps++] = c->prefixes[k].prefix;
}

static uint16_t mtu_of(struct port *port)
{
	struct port_link link = {.mtu = 1500};

	port->ops->link(port, &link);
	return link.mtu;
}

static int make_rows(struct gateway *g, struct mag_conf *mag, struct rows *r)
{
	const struct conf *c = g->conf;

	*r = (struct rows){.nodes = calloc(c->n_nodes + 1, sizeof(*r->nodes)),
			   .profiles = calloc(c->n_profiles + 1, sizeof(*r->profiles)),
			   .interfaces = calloc(g->plane.n_interfaces + 1, sizeof(*r->interfaces))};
	if (r->nodes == NULL || r->profiles == NULL || r->interfaces == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->n_nodes; i++) {
		memcpy(r->nodes[i].mac, c->nodes[i].mac, sizeof(r->nodes[i].mac));
		snprintf(r->nodes[i].nai, sizeof(r->nodes[i].nai), "%s", c->nodes[i].nai);
	}
	for (uint32_t i = 0; i < c->n_profiles; i++)
		fill_profile(&r->profiles[i], &c->profiles[i]);
	for (unsigned i = 0; i < g->plane.n_interfaces; i++) {
		const struct plane_interface *in = &g->plane.interfaces[i];
		r->interfaces[i].access_tech = (uint8_t)in->conf->access_tech;
		r->interfaces[i].mtu = mtu_of(g->plane.ports[in->port]);
	}
	mag->nodes = r->nodes;
	mag->n_nodes = c->n_nodes;
	mag->profiles = r->profiles;
	mag->n_profiles = c->n_profiles;
	mag->interfaces = r->interfaces;
	mag->n_interfaces = g->plane.n_interfaces;
	return 0;
}

static void name_lmas(const struct conf *c, struct mag_conf *mag)
{
	uint16_t mtu = (uint16_t)(c->mag.tunnel_mtu - IP6_HEADER);

	mag->lmas[mag->n_lmas++] = (struct mag_lma_conf){c->mag.lmaa, mtu};
	for (uint32_t i = 0; i < c->mag.n_more_lmas && mag->n_lmas < MAG_MAX_LMAS; i++)
		mag->lmas[mag->n_lmas++] = (struct mag_lma_conf){c->mag.more_lmas[i], mtu};
}

static void name_peers(const struct conf *c, struct mag_peer_conf *peers, struct mag_fast_conf *out)
{
	*out = (struct mag_fast_conf){
		.peers = peers,
		.n_peers = c->fast_handover.n_peers,
		.max_handovers = c->fast_handover.max_handovers,
		.forward = c->fast_handover.forward_s * NS_SEC,
		.hold_direct = c->fast_handover.hold_direct_ms * NS_MSEC,
		.settle = c->fast_handover.settle_ms * NS_MSEC,
		.hold_uplink = c->fast_handover.hold_uplink_ms * NS_MSEC,
	};
	for (uint32_t i = 0; peers != NULL && i < out->n_peers; i++) {
		snprintf(peers[i].ap, sizeof(peers[i].ap), "%s", c->fast_handover.peers[i].ap);
		peers[i].mag = c->fast_handover.peers[i].mag;
	}
}

static int start_engine(struct gateway *g, char *why, size_t n)
{
	const struct conf *c = g->conf;
	struct rows rows;
	struct mag_conf mag = {
		.coa = c->mag.coa,
		.access_tech = (uint8_t)c->mag.access_tech,
		.max_nodes = c->mag.max_nodes,
		.max_pending = c->mag.max_pending,
		.lifetime_s = c->mag.lifetime_s,
		.timestamps = c->mag.timestamps,
		.link_local = c->mag.link_local,
		.local_routing = c->mag.local_routing,
		.access_mtu = 1500,
		.prefix_valid_s = c->mag.prefix_valid_s,
		.prefix_preferred_s = c->mag.prefix_preferred_s,
		.prefixes_end_with_binding = c->mag.prefixes_end_with_binding,
		.router_lifetime_s = (uint16_t)c->mag.router_lifetime_s,
		.advertise_interval = c->mag.advertise_interval_s * NS_SEC,
		.authorise = c->radius.n_servers > 0,
		.serve_unanswered = c->radius.serve_unanswered,
		.authorise_timeout = AUTHORISE_TIMEOUT,
		.hold_refused = c->radius.hold_rejected_s * NS_SEC,
		.probe_after = c->mag.probe_after_ms * NS_MSEC,
		.probe_interval = c->mag.probe_interval_ms * NS_MSEC,
		.probes = c->mag.probes,
	};
	struct mag_peer_conf *peers = calloc(c->fast_handover.n_peers + 1, sizeof(*peers));
	int rc = make_rows(g, &mag, &rows);

	if (rc == 0 && peers == NULL)
		rc = -ENOMEM;
	if (rc == 0)
		rc = restart_heartbeat(c, &mag.heartbeat, why, n);
	name_lmas(c, &mag);
	name_peers(c, peers, &mag.fast);
	snprintf(mag.realm, sizeof(mag.realm), "%s", c->mag.realm);
	if (rc == 0)
		g->mag = mag_new(&mag, plane_seed(), loop_instant());
	if (rc == 0 && g->mag == NULL)
		rc = -ENOMEM;
	free_rows(&rows);
	free(peers);
	return rc;
}

// Of those that are over some are drained still.
static uint32_t max_holds(const struct conf *c)
{
	uint32_t twice = 2 * c->fast_handover.max_handovers;

	if (c->fast_handover.n_peers == 0)
		return 0;
	return twice < FWD_MAX_HOLDS ? twice : FWD_MAX_HOLDS;
}

static void bound_holds(const struct conf *c, struct fwd_conf *fwd)
{
	uint64_t all = (uint64_t)c->fast_handover.buffer_mib << 20;
	uint64_t node = (uint64_t)c->fast_handover.node_buffer_kib << 10;

	if (all == 0)
		all = (uint64_t)c->dataplane.mbufs / 2 * CONF_BUFFER_BYTES;
	fwd->hold_bytes = all / c->dataplane.workers;
	fwd->hold_node_bytes = node != 0 && node < fwd->hold_bytes ? node : fwd->hold_bytes;
	fwd->hold_age = c->fast_handover.buffer_ms * NS_MSEC;
	fwd->hold_drain_rate = c->fast_handover.drain_rate;
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
		// A node that moves has two for a moment; and one for the tunnel to each MAG.
		.max_entries = 2 * c->mag.max_nodes + 64 + c->fast_handover.n_peers,
		.max_peers = FWD_FIRST_MAG - 1 + c->fast_handover.n_peers,
		.max_holds = max_holds(c),
		.tunnel_mtu = c->mag.tunnel_mtu,
		.peer = c->mag.lmaa, // its first message has a timestamp, and must not wait
	};

	memcpy(plane.fwd.access_mac, c->mag.link_layer, sizeof(plane.fwd.access_mac));
	bound_holds(c, &plane.fwd);
	return plane_start(&g->plane, &plane, why, n);
}

int gateway_start(struct gateway *g, char *why, size_t n)
{
	int rc;

	g->started = loop_now();
	if ((rc = management_open(g->conf, gateway_commands, g, &g->mgmt, why, n)) != 0 ||
	    (rc = dhcp_open(g->conf, &g->dhcp, why, n)) != 0 ||
	    (rc = start_plane(g, why, n)) != 0 || (rc = start_engine(g, why, n)) != 0 ||
	    (rc = handovers_open(g)) != 0 || (rc = authorise_open(g, why, n)) != 0)
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
	authorise_close(g);
	dhcp_close(g->dhcp);
	mag_free(g->mag);
	handovers_close(g->handovers);
	plane_done(&g->plane);
	conf_free(g->conf);
}
