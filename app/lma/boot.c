// Building the anchor in order, and taking it down in the reverse one. Nothing is steered to us
// before everything behind it runs, and nothing is any more when we begin to stop.
#include <errno.h>

#include "app/common/loop.h"
#include "app/common/management.h"
#include "app/common/restart.h"
#include "app/lma/anchor.h"
#include "app/lma/grace.h"

// A step that failed: rc, and one line of why.
static int failed(int rc, char *why, size_t n, const char *what)
{
	if (why[0] == '\0')
		snprintf(why, n, "%s: %s", what, strerror(-rc));
	return rc;
}

static int start_engine(struct anchor *a, char *why, size_t n)
{
	const struct conf *c = a->conf;
	struct instant now = {loop_now(), 0};
	struct lma_conf lma = {
		.max_bindings = c->lma.max_bindings,
		.max_mags = c->lma.max_mags,
		.sessions_per_mn = c->lma.sessions_per_mn,
		.max_lifetime_s = c->lma.max_lifetime_s,
		.min_delay_before_bce_delete = c->lma.min_delay_before_bce_delete_ms * NS_MSEC,
		.max_delay_before_new_bce_assign =
			c->lma.max_delay_before_new_bce_assign_ms * NS_MSEC,
		.timestamp_validity_window = c->lma.timestamp_validity_window_ms * NS_MSEC,
		.prefix_quarantine = c->lma.prefix_quarantine_ms * NS_MSEC,
		.coalesce_first_pbu = c->lma.coalesce_first_pbu_ms * NS_MSEC,
		.prev_coa_grace = grace_of(c),
		.new_session_at_once = !c->lma.wait_for_old_mag,
		.mobile_node_generated_timestamp = c->lma.mobile_node_generated_timestamp,
		.expect_timestamps = c->lma.timestamps,
		.expect_fixed_lla = !ip6_is_zero(c->lma.link_local),
		.addresses = c->lma.addresses,
		.n_addresses = c->lma.n_addresses,
	};
	int rc = served_make(c, &a->served);

	if (rc == 0) {
		served_fill(&a->served, c, &lma);
		rc = restart_heartbeat(c, &lma.heartbeat, why, n);
	}
	if (rc == 0 && lma.prev_coa_grace > 0 && (a->graces = grace_list_new()) == NULL)
		rc = -ENOMEM;
	if (rc == 0)
		a->lma = lma_new(&lma, plane_seed(), now);
	if (rc == 0 && a->lma == NULL) {
		snprintf(why, n, "no memory for the binding cache: lower lma.max_bindings (now %u)",
			 c->lma.max_bindings);
		rc = -ENOMEM;
	}
	return rc == 0 ? 0 : failed(rc, why, n, "protocol engine");
}

// LMA-FW-10: tunnels that are there without bindings.
static int start_tunnels(struct anchor *a)
{
	for (uint32_t i = 0; i < a->conf->n_mags; i++) {
		const struct conf_mag *mag = &a->conf->mags[i];
		int rc = mag->static_tunnel ? effects_keep_tunnel(a, mag->from.addr) : 0;
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int start_plane(struct anchor *a, char *why, size_t n)
{
	const struct conf *c = a->conf;
	struct plane_conf plane = {
		.program = "kedge-lma",
		.conf = c,
		.fwd = {.role = FWD_LMA,
			.n_lmaas = c->lma.n_addresses,
			.ecn = c->lma.ecn == CONF_ECN_RFC5213 ? FWD_ECN_RFC5213 : FWD_ECN_RFC6040,
			.icmp_rate = c->lma.icmp_rate,
			.signalling_rate = c->lma.signalling_rate,
			.relay_rate = c->dataplane.relay_rate},
		.max_bindings = c->lma.max_bindings,
		// One from each of our addresses to each MAG, some for sessions that share.
		// And for each that a session may have moved from a moment ago.
		.max_entries = (c->lma.n_addresses + 1) * c->lma.max_mags + 64 +
			       (grace_of(c) > 0 ? 4 * c->lma.max_mags : 0),
		.max_peers = c->lma.max_mags,
		.tunnel_mtu = c->lma.tunnel_mtu,
	};

	memcpy(plane.fwd.lmaas, c->lma.addresses, c->lma.n_addresses * sizeof(plane.fwd.lmaas[0]));
	return plane_start(&a->plane, &plane, why, n);
}

int anchor_start(struct anchor *a, char *why, size_t n)
{
	int rc;

	a->started = loop_now();
	if ((rc = management_open(a->conf, show_commands, a, &a->mgmt, why, n)) != 0 ||
	    (rc = start_plane(a, why, n)) != 0 || (rc = start_engine(a, why, n)) != 0 ||
	    (rc = start_tunnels(a)) != 0)
		return failed(rc, why, n, "start");
	plane_warn_of_addresses(&a->plane);
	return 0;
}

int anchor_run_workers(struct anchor *a)
{
	return plane_run(&a->plane);
}

void anchor_stop(struct anchor *a)
{
	plane_halt(&a->plane);
	mgmt_close(a->mgmt);
	lma_free(a->lma);
	served_free(&a->served);
	grace_list_free(a->graces);
	plane_done(&a->plane);
	conf_free(a->conf);
}
