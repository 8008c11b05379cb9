// Building the anchor in order, and taking it down in the reverse one. Nothing is steered to us
// before everything behind it runs, and nothing is any more when we begin to stop.
#include <errno.h>
#include <stdlib.h>

#include "app/common/loop.h"
#include "app/common/management.h"
#include "app/common/restart.h"
#include "app/lma/anchor.h"

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
	struct lma_mag_conf *mags = calloc(c->n_mags + 1, sizeof(*mags));
	struct lma_pool_conf *pools = calloc(c->n_pools + 1, sizeof(*pools));
	struct lma_profile_conf *profiles = calloc(c->n_profiles + 1, sizeof(*profiles));
	struct instant now = {loop_now(), 0};
	int rc = -ENOMEM;

	if (mags != NULL && pools != NULL && profiles != NULL) {
		for (uint32_t i = 0; i < c->n_mags; i++) {
			snprintf(mags[i].name, sizeof(mags[i].name), "%s", c->mags[i].name);
			mags[i].from = c->mags[i].from;
		}
		for (uint32_t i = 0; i < c->n_pools; i++) {
			snprintf(pools[i].name, sizeof(pools[i].name), "%s", c->pools[i].name);
			pools[i].block = c->pools[i].block;
			pools[i].hnp_len = c->pools[i].hnp_len;
		}
		for (uint32_t i = 0; i < c->n_profiles; i++) {
			snprintf(profiles[i].key, sizeof(profiles[i].key), "%s",
				 c->profiles[i].match);
			profiles[i].permit = c->profiles[i].permit;
		}
		struct lma_conf lma = {
			.mags = mags,
			.pools = pools,
			.profiles = profiles,
			.n_mags = c->n_mags,
			.n_pools = c->n_pools,
			.n_profiles = c->n_profiles,
			.max_bindings = c->lma.max_bindings,
			.max_mags = c->lma.max_mags,
			.sessions_per_mn = c->lma.sessions_per_mn,
			.max_lifetime_s = c->lma.max_lifetime_s,
			.min_delay_before_bce_delete =
				c->lma.min_delay_before_bce_delete_ms * NS_MSEC,
			.max_delay_before_new_bce_assign =
				c->lma.max_delay_before_new_bce_assign_ms * NS_MSEC,
			.timestamp_validity_window = c->lma.timestamp_validity_window_ms * NS_MSEC,
			.prefix_quarantine = c->lma.prefix_quarantine_ms * NS_MSEC,
			.mobile_node_generated_timestamp = c->lma.mobile_node_generated_timestamp,
			.addresses = c->lma.addresses,
			.n_addresses = c->lma.n_addresses,
		};
		rc = restart_heartbeat(c, &lma.heartbeat, why, n);
		if (rc == 0)
			a->lma = lma_new(&lma, plane_seed(), now);
	}
	free(mags);
	free(pools);
	free(profiles);
	if (rc == 0 && a->lma == NULL)
		rc = -ENOMEM;
	return rc == 0 ? 0 : failed(rc, why, n, "protocol engine");
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
		.max_entries = c->lma.max_mags + 64,
		.max_peers = c->lma.max_mags,
	};

	memcpy(plane.fwd.lmaas, c->lma.addresses, c->lma.n_addresses * sizeof(plane.fwd.lmaas[0]));
	return plane_start(&a->plane, &plane, why, n);
}

int anchor_start(struct anchor *a, char *why, size_t n)
{
	int rc;

	a->started = loop_now();
	if ((rc = management_open(a->conf, show_commands, a, &a->mgmt, why, n)) != 0 ||
	    (rc = start_plane(a, why, n)) != 0 || (rc = start_engine(a, why, n)) != 0)
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
	plane_done(&a->plane);
	conf_free(a->conf);
}
