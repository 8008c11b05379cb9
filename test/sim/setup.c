// Who there is: nodes with their interfaces, and what an LMA is configured with when it starts.
//
// Every start draws another configuration, so that a long run sees many: small pools, several with
// networks and quotas, a large one for a storm.
#include <stdio.h>

#include "test/sim/world.h"

static const struct lma_key example_only[] = {{"@example.net"}, {"opaque36"}};
static const uint16_t first_pool[] = {0}, second_pool[] = {1};

struct ip6_addr lma_addr(uint32_t number)
{
	return ip6_from64(0x20010db8000a0000, 1 + number);
}

struct ip6_addr mag_addr(uint32_t mag)
{
	uint64_t of_ours = mag < N_MAGS - 1 ? 0x20010db800010000 : 0x20010db8ffff0000;

	return ip6_from64(of_ours + mag, 1);
}

const char *service_name(uint32_t service)
{
	static const char *const names[] = {"", "internet", "corp", "unheard-of"};

	return names[service % (sizeof(names) / sizeof(names[0]))];
}

// ---- Nodes.

static void name_iface(struct iface *f, uint32_t node)
{
	int n;

	f->name_kind = MN_ID_NAI;
	if (node < 30)
		n = snprintf(f->name, sizeof(f->name), "node%u@example.net", node);
	else if (node < 36)
		n = snprintf(f->name, sizeof(f->name), "node%u@home.example", node);
	else if (node < 38)
		n = snprintf(f->name, sizeof(f->name), "opaque%u", node);
	else
		n = snprintf(f->name, sizeof(f->name), "%s",
			     node == 38 ? "barred@example.net" : "nobody@elsewhere.org");
	if (node == 36 || node == 37)
		f->name_kind = 2;
	f->name_len = (uint8_t)n;
}

// Nodes with identifiers on all interfaces, on none, on the first one only, and with long ones.
static uint8_t ll_id_length(uint32_t node, uint32_t k)
{
	switch (node % 4) {
	case 0:
		return 8;
	case 1:
		return 0;
	case 2:
		return k == 0 ? 6 : 0;
	default:
		return 19;
	}
}

void make_ifaces(struct world *w)
{
	static const uint8_t atts[IFACES_PER_NODE] = {4, 8, 4};

	for (uint32_t i = 0; i < N_IFACES; i++) {
		struct iface *f = &w->ifaces[i];
		uint32_t node = i / IFACES_PER_NODE, k = i % IFACES_PER_NODE;
		name_iface(f, node);
		f->att = atts[k];
		f->ll_id_len = ll_id_length(node, k);
		bool is_zero = node % 4 == 3 && k == 2; // LMA-BC-12c
		for (uint8_t b = 0; b < f->ll_id_len && !is_zero; b++)
			f->ll_id[b] = (uint8_t)(b == 0 ? 2 : b == 5 ? i : 7);
	}
}

// ---- Configurations.

static void add_pool(struct setup *s, uint64_t hi, uint8_t len, uint8_t hnp_len,
		     const char *network)
{
	struct lma_pool_conf *p = &s->pools[s->lma.n_pools];

	*p = (struct lma_pool_conf){.block = {ip6_from64(hi, 0), len},
				    .hnp_len = hnp_len,
				    .high_pct = 90,
				    .low_pct = 60};
	snprintf(p->network, sizeof(p->network), "%s", network);
	s->first_prefix[s->lma.n_pools++] = s->n_prefixes;
	s->n_prefixes += 1u << (hnp_len - len);
}

static struct lma_profile_conf *add_profile(struct setup *s, const char *key)
{
	struct lma_profile_conf *p = &s->profiles[s->lma.n_profiles++];

	*p = (struct lma_profile_conf){.permit = true};
	snprintf(p->key, sizeof(p->key), "%s", key);
	return p;
}

static void add_profiles(struct world *w, struct setup *s)
{
	static struct ip6_prefix statics[2];

	statics[0] = prefix_of_number(s, 3);
	statics[1] = prefix_of_number(s, 4);
	struct lma_profile_conf *p = add_profile(s, "node0@example.net");
	p->prefixes = statics;
	p->n_prefixes = 2;
	add_profile(s, "node1@example.net")->hnps = 3;
	p = add_profile(s, "node2@example.net");
	p->max_lifetime_s = 42;
	p->sessions = 1;
	if (s->lma.n_pools > 1) {
		p->pools = second_pool;
		p->n_pools = 1;
	}
	add_profile(s, "@Example.NET");
	add_profile(s, "@home.example")->sessions = 2;
	add_profile(s, "barred@example.net")->permit = false;
	if (happens(w, 2))
		add_profile(s, "*")->sessions = 2;
}

static void add_mag(struct setup *s, uint32_t mag, uint8_t len)
{
	struct ip6_prefix from = ip6_prefix_of(mag_addr(mag), len);

	s->mags[s->lma.n_mags++] = (struct lma_mag_conf){.from = from};
}

// The range first: a row for one address goes before it wherever it stands.
static void add_mags(struct world *w, struct setup *s)
{
	add_mag(s, 3, 48);
	for (uint32_t i = 0; i < 3; i++)
		add_mag(s, i, 128);
	if (happens(w, 2))
		s->mags[1].max_bindings = 4 + rng_below(&w->rng, 12);
	if (happens(w, 2)) {
		s->mags[2].nodes = example_only;
		s->mags[2].n_nodes = 2;
	}
	if (happens(w, 2)) {
		s->mags[3].pools = first_pool;
		s->mags[3].n_pools = 1;
	}
}

static void add_pools(struct world *w, struct setup *s)
{
	if (s->crowded) {
		add_pool(s, 0x20010db840000000, 52, 64, "internet");
		return;
	}
	if (happens(w, 2)) {
		add_pool(s, 0x20010db840000000, 58, 64, "internet");
		return;
	}
	add_pool(s, 0x20010db840000000, 59, 64, "internet");
	add_pool(s, 0x20010db850000000, 56, 60, "corp");
	add_pool(s, 0x20010db860000000, 52, 56, "");
}

static void draw_numbers(struct world *w, struct lma_conf *c, bool crowded)
{
	c->max_bindings = crowded ? 2900 : 40 + rng_below(&w->rng, 30);
	c->max_mags = crowded ? N_MAGS : N_MAGS - 1 - rng_below(&w->rng, 3);
	c->sessions_per_mn = 2 + rng_below(&w->rng, 3);
	c->max_lifetime_s = 60 + rng_below(&w->rng, 300);
	c->min_delay_before_bce_delete = (1 + rng_below(&w->rng, 12)) * NS_SEC;
	c->max_delay_before_new_bce_assign =
		(crowded ? 3000 : 500 + rng_below(&w->rng, 3000)) * NS_MSEC;
	c->timestamp_validity_window = (100 + rng_below(&w->rng, 400)) * NS_MSEC;
	c->prefix_quarantine = rng_below(&w->rng, 13) * NS_SEC;
	c->mobile_node_generated_timestamp = happens(w, 6);
	c->new_session_at_once = !crowded && happens(w, 4);
	c->coalesce_first_pbu = happens(w, 3) ? 3 * NS_SEC : 0;
	c->expect_timestamps = happens(w, 2);
	c->expect_fixed_lla = happens(w, 2);
	c->heartbeat.interval = happens(w, 2) ? 30 * NS_SEC : 0;
	c->heartbeat.missing_allowed = 3;
	c->heartbeat.restart_counter = (uint32_t)w->restarts;
}

void draw_setup(struct world *w)
{
	struct setup *s = &w->setup;

	*s = (struct setup){.modelled = !happens(w, 5), .crowded = w->restarts % 16 == 3};
	s->modelled |= s->crowded;
	s->lma.mags = s->mags;
	s->lma.pools = s->pools;
	s->lma.profiles = s->profiles;
	add_pools(w, s);
	add_profiles(w, s);
	add_mags(w, s);
	draw_numbers(w, &s->lma, s->crowded);
}

// ---- Prefixes by number.

uint32_t prefix_number(const struct setup *s, struct ip6_prefix hnp)
{
	for (uint32_t i = 0; i < s->lma.n_pools; i++) {
		const struct lma_pool_conf *p = &s->pools[i];
		if (hnp.len == p->hnp_len && ip6_prefix_covers(p->block, hnp.addr))
			return s->first_prefix[i] +
			       (uint32_t)((ip6_hi64(hnp.addr) - ip6_hi64(p->block.addr)) >>
					  (64 - p->hnp_len));
	}
	return MAX_PREFIXES;
}

uint32_t pool_of_number(const struct setup *s, uint32_t number)
{
	uint32_t pool = s->lma.n_pools - 1;

	while (s->first_prefix[pool] > number)
		pool--;
	return pool;
}

struct ip6_prefix prefix_of_number(const struct setup *s, uint32_t number)
{
	uint32_t pool = pool_of_number(s, number);
	const struct lma_pool_conf *p = &s->pools[pool];
	uint64_t hi = ip6_hi64(p->block.addr) +
		      ((uint64_t)(number - s->first_prefix[pool]) << (64 - p->hnp_len));

	return (struct ip6_prefix){ip6_from64(hi, 0), p->hnp_len};
}
