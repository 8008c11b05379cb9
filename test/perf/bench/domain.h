// An LMA's data plane for measurements: tables as the program makes them, N bindings at 1024 MAGs,
// 1000 routes, and workers that run the program's own loop over ports in memory.
#pragma once

#include "app/common/worker.h"
#include "fwd/fwd.h"
#include "test/perf/bench/source.h"

enum { CORE, BACKBONE, N_MAGS = 1024, N_ROUTES = 1000, MAX_WORKERS = 64 };

enum direction { DOWN, UP, N_DIRECTIONS };

struct domain {
	struct rte_mempool *pool;
	struct rte_ring *punt;
	struct grace *grace;
	struct bcache *bcache;
	struct fib *fib;
	struct fwd_conf conf;
	struct ip6_prefix mobile; // all home network prefixes
	uint32_t entries[N_MAGS];
	uint16_t backbone; // next hop of every tunnel
	uint32_t n;        // bindings
};

// One worker and what it forwards. `telem` is its own.
struct lane_of_work {
	struct worker worker;
	struct telem_worker telem;
	struct source *source;
};

int domain_new(struct domain *, uint32_t bindings, enum bcache_isa); // 0; EAL runs
// The same with nothing bound yet: room for so many.
int domain_new_empty(struct domain *, uint32_t bindings, enum bcache_isa);
void domain_free(struct domain *);
struct ip6_prefix domain_hnp(const struct domain *, uint32_t number);
struct ip6_addr domain_coa(uint32_t mag); // 0..N_MAGS-1
struct ip6_addr domain_lmaa(void);
// Ethernet and IPv6 headers as they come in; what stands behind them.
uint8_t *domain_headers(uint8_t *frame, uint8_t next, uint16_t payload, struct ip6_addr src,
			struct ip6_addr dst);
// Packets of that way, `len` bytes of frame as the host sends it.
struct source_kind domain_packets(const struct domain *, enum direction, uint16_t len);
// Worker `number` with a source of such packets. 0 or -ENOMEM.
int domain_work(struct domain *, unsigned number, enum direction, uint16_t len,
		struct lane_of_work **out);
// Worker `number` between two ports: what comes from either leaves by the other.
int domain_worker(struct domain *, unsigned number, struct port *core, struct port *backbone,
		  struct lane_of_work **out);
void domain_rest(struct lane_of_work *);
// What of it was not forwarded as it should; 0.
uint64_t domain_failed(const struct lane_of_work *, enum direction);
