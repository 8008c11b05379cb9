// The tables of domain.h, and the packets that fit them.
#include "test/perf/bench/domain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/common/buffers.h"

enum { ETH = 14, INNER = ETH, OUTER = ETH, SRC = 8, DST = 24, IP6 = 40, HOP = 64 };
enum {
	BUFFERS = 4096,
	PUNT_RING = 4096,
	WORKER_RING = 1024,
	SEED = 1
}; // rings as plane.c has them

static const uint8_t our_mac[6] = {2, 0, 0, 0, 0, 1}, their_mac[6] = {2, 0, 0, 0, 0, 2};
static struct ip6_addr lmaa, coa_base, cn_base, hnp_base;

static struct ip6_addr addr(const char *text)
{
	struct ip6_addr a = {0};

	if (ip6_parse(text, &a) != 0)
		abort();
	return a;
}

static void put32(uint8_t *p, uint32_t v)
{
	v = __builtin_bswap32(v);
	memcpy(p, &v, sizeof(v));
}

// 2001:db8:<number>::/64 in 2001:db8::/32: any 32 bits.
static struct ip6_addr with_number(struct ip6_addr base, uint32_t number)
{
	put32(base.a + 4, number);
	return base;
}

struct ip6_prefix domain_hnp(const struct domain *d, uint32_t number)
{
	(void)d;
	return ip6_prefix_of(with_number(hnp_base, number), 64);
}

// A MAG's number stands in two octets of its address.
struct ip6_addr domain_coa(uint32_t mag)
{
	struct ip6_addr a = coa_base;

	a.a[14] = (uint8_t)(mag >> 8);
	a.a[15] = (uint8_t)mag;
	return a;
}

struct ip6_addr domain_lmaa(void)
{
	return lmaa;
}

static int add_routes(struct domain *d, uint16_t core, uint16_t backbone)
{
	int rc = route_set(d->fib, d->mobile, NEXTHOP_POOL);

	if (rc == 0)
		rc = route_set(d->fib, ip6_prefix_of(coa_base, 64), backbone);
	for (uint32_t i = 0; i < N_ROUTES && rc == 0; i++) {
		struct ip6_addr a = cn_base;
		a.a[4] = (uint8_t)(i >> 8);
		a.a[5] = (uint8_t)i;
		rc = route_set(d->fib, ip6_prefix_of(a, 48), core);
	}
	while (rc == 0 && (rc = route_commit(d->fib)) == -EBUSY) {
		grace_poll(d->grace);
		rc = 0;
	}
	return rc;
}

static uint16_t add_nexthop(struct domain *d, uint16_t port)
{
	struct nexthop nh = {.kind = NH_PORT, .port = port, .mtu = 9000, .l2_len = ETH};

	memcpy(nh.l2, their_mac, 6);
	memcpy(nh.l2 + 6, our_mac, 6);
	nh.l2[12] = 0x86;
	nh.l2[13] = 0xdd;
	return (uint16_t)nexthop_add(d->fib, &nh);
}

static int add_mags(struct domain *d, uint16_t backbone)
{
	int rc = 0;

	for (uint32_t i = 0; i < N_MAGS && rc == 0; i++) {
		const struct fwd_tunnel t = {lmaa, domain_coa(i), i + 1, 0};
		int64_t entry = entry_hold(d->fib, &t, NULL, NULL);
		if (entry < 0)
			return (int)entry;
		d->entries[i] = (uint32_t)entry;
		entry_set_nexthop(d->fib, d->entries[i], backbone);
		entry_set_mtu(d->fib, d->entries[i], 9000);
		rc = peer_add(d->fib, domain_coa(i), i + 1);
	}
	return rc;
}

static int bind_all(struct domain *d)
{
	int rc = 0;

	for (uint32_t i = 0; i < d->n && rc == 0; i++)
		rc = bcache_set(d->bcache, domain_hnp(d, i), d->entries[i % N_MAGS]);
	return rc;
}

static void configure(struct domain *d)
{
	d->conf = (struct fwd_conf){.role = FWD_LMA,
				    .lmaas = {lmaa},
				    .n_lmaas = 1,
				    .pools = &d->mobile,
				    .n_pools = 1,
				    .ecn = FWD_ECN_RFC6040,
				    .icmp_rate = 1000,
				    .reassembly_packets = 64,
				    .signalling_rate = 10000000};
	for (int i = 0; i < 2; i++) {
		d->conf.ports[i].vlans[0] = 1;
		memcpy(d->conf.ports[i].mac, our_mac, 6);
	}
}

int domain_new_empty(struct domain *d, uint32_t bindings, enum bcache_isa isa)
{
	const struct bcache_conf bc = {
		.max_bindings = bindings, .seed = SEED, .min_bits = 18, .isa = isa};
	const struct fib_conf fc = {.max_entries = 2 * N_MAGS,
				    .max_nexthops = 64,
				    .max_routes = 2 * N_ROUTES,
				    .max_peers = 2 * N_MAGS,
				    .seed = SEED};

	lmaa = addr("2001:db8:1a::1");
	coa_base = addr("2001:db8:b::");
	cn_base = addr("2001:db8::1");
	cn_base.a[3] = 0xc0;
	hnp_base = addr("2001:db9::1");
	*d = (struct domain){.n = bindings, .mobile = ip6_prefix_of(hnp_base, 32)};
	if (d->pool == NULL)
		d->pool = buffers_create("bench", BUFFERS * 4, false);
	d->punt = rte_ring_create("bench.punt", PUNT_RING, SOCKET_ID_ANY, RING_F_SC_DEQ);
	int rc = d->pool == NULL || d->punt == NULL ? -ENOMEM : grace_new(MAX_WORKERS, &d->grace);
	if (rc == 0)
		rc = bcache_new(&bc, d->grace, &d->bcache);
	if (rc == 0)
		rc = fib_new("bench", &fc, d->grace, &d->fib);
	if (rc == 0)
		d->backbone = add_nexthop(d, BACKBONE);
	if (rc == 0)
		rc = add_routes(d, add_nexthop(d, CORE), d->backbone);
	configure(d);
	return rc;
}

int domain_new(struct domain *d, uint32_t bindings, enum bcache_isa isa)
{
	int rc = domain_new_empty(d, bindings, isa);

	if (rc == 0)
		rc = add_mags(d, d->backbone);
	return rc == 0 ? bind_all(d) : rc;
}

void domain_free(struct domain *d)
{
	bcache_free(d->bcache);
	fib_free(d->fib);
	grace_free(d->grace);
	rte_ring_free(d->punt);
	rte_mempool_free(d->pool);
}

static uint8_t *put_ip6(uint8_t *p, uint8_t next, uint16_t payload, struct ip6_addr src,
			struct ip6_addr dst)
{
	p[0] = 6 << 4;
	p[4] = (uint8_t)(payload >> 8);
	p[5] = (uint8_t)payload;
	p[6] = next;
	p[7] = HOP;
	memcpy(p + SRC, src.a, 16);
	memcpy(p + DST, dst.a, 16);
	return p + IP6;
}

// The first half of a node's address, in one store: what is read at once has to be written at once,
// as a NIC does, or each load waits.
static void put_prefix(uint8_t *p, uint32_t number)
{
	uint64_t v = __builtin_bswap64(ip6_hi64(hnp_base) | number);

	memcpy(p, &v, sizeof(v));
}

// To a mobile node; the flow is another one each time.
static void fill_down(uint8_t *frame, uint32_t number, uint32_t other)
{
	put_prefix(frame + INNER + DST, number);
	put32(frame + INNER + IP6, other);
}

// From a mobile node by its MAG, to one of the routes.
static void fill_up(uint8_t *frame, uint32_t number, uint32_t other)
{
	uint32_t mag = number % N_MAGS, route = (uint32_t)((uint64_t)other * N_ROUTES >> 32);

	frame[OUTER + SRC + 14] = (uint8_t)(mag >> 8);
	frame[OUTER + SRC + 15] = (uint8_t)mag;
	put_prefix(frame + OUTER + IP6 + SRC, number);
	frame[OUTER + IP6 + DST + 4] = (uint8_t)(route >> 8);
	frame[OUTER + IP6 + DST + 5] = (uint8_t)route;
	put32(frame + OUTER + 2 * IP6, other);
}

uint8_t *domain_headers(uint8_t *frame, uint8_t next, uint16_t payload, struct ip6_addr src,
			struct ip6_addr dst)
{
	memcpy(frame, our_mac, 6);
	memcpy(frame + 6, their_mac, 6);
	frame[12] = 0x86;
	frame[13] = 0xdd;
	return put_ip6(frame + ETH, next, payload, src, dst);
}

struct source_kind domain_packets(const struct domain *d, enum direction way, uint16_t len)
{
	struct source_kind k = {.n = d->n, .fill = way == DOWN ? fill_down : fill_up};
	uint16_t payload = (uint16_t)(len - ETH - IP6);
	uint8_t *p;

	if (way == DOWN) {
		p = domain_headers(k.bytes, 17, payload, cn_base, hnp_base);
	} else {
		p = domain_headers(k.bytes, 41, (uint16_t)(payload + IP6), domain_coa(0), lmaa);
		p = put_ip6(p, 17, payload, hnp_base, cn_base);
	}
	k.n_bytes = (uint16_t)(p + 8 - k.bytes);
	k.len = (uint16_t)(len + (way == UP ? IP6 : 0));
	return k;
}

int domain_worker(struct domain *d, unsigned number, struct port *core, struct port *backbone,
		  struct lane_of_work **out)
{
	struct port *ports[] = {core, backbone};
	struct lane_of_work *l = NULL;
	char name[32];

	if (posix_memalign((void **)&l, 64, sizeof(*l)) != 0)
		return -ENOMEM;
	memset(l, 0, sizeof(*l));
	const struct fwd_init init = {.worker = number,
				      .bcache = d->bcache,
				      .fib = d->fib,
				      .pool = d->pool,
				      .n_workers = 1,
				      .punt = d->punt,
				      .telem = &l->telem,
				      .seed = 7 + number,
				      .socket = SOCKET_ID_ANY};
	struct worker *w = &l->worker;
	w->number = number;
	w->grace = d->grace;
	w->telem = &l->telem;
	atomic_store(&w->conf, &d->conf);
	snprintf(name, sizeof(name), "inject.%u", number);
	w->inject =
		rte_ring_create(name, WORKER_RING, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	snprintf(name, sizeof(name), "inbox.%u", number);
	w->inbox = rte_ring_create(name, WORKER_RING, SOCKET_ID_ANY, RING_F_SC_DEQ);
	*out = l;
	if (w->inject == NULL || w->inbox == NULL || fwd_new(&init, &d->conf, &w->fwd) != 0)
		return -ENOMEM;
	return worker_deal(w, 1, ports, 2);
}

int domain_work(struct domain *d, unsigned number, enum direction way, uint16_t len,
		struct lane_of_work **out)
{
	const uint16_t in = way == DOWN ? CORE : BACKBONE;
	const struct source_kind kind = domain_packets(d, way, len);
	struct source *s = source_new(&kind, d->pool, in, (uint16_t)(1 - in));

	if (s == NULL)
		return -ENOMEM;
	int rc = domain_worker(d, number, source_port(s, 0), source_port(s, 1), out);
	if (*out != NULL)
		(*out)->source = s;
	return rc;
}

void domain_rest(struct lane_of_work *l)
{
	fwd_free(l->worker.fwd);
	rte_ring_free(l->worker.inject);
	rte_ring_free(l->worker.inbox);
	source_free(l->source);
	free(l);
}

uint64_t domain_failed(const struct lane_of_work *l, enum direction way)
{
	return l->telem.received - fwd_held(l->worker.fwd) -
	       l->telem.verdicts[way == DOWN ? V_TX_DOWNLINK : V_TX_UPLINK];
}
