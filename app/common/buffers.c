// The pool of packet buffers: how large one is, and how they lie in memory.
//
// The AF_XDP driver tells the kernel of the pool as so many buffers of one size, one behind the
// other. EAL leaves gaps, so that no buffer crosses a page: the kernel then takes what lies beyond
// the size it was told for nonsense, drops it from the fill ring without a word, and a port dies as
// soon as the pool was once emptied. A buffer that is a whole page leaves no gap. Ports on PCI need
// none of it, and buffers that all begin at the same place of a page would share few cache sets.
#include "app/common/buffers.h"

#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>
#include <rte_mempool.h>

#include "fwd/fwd.h"

enum {
	CACHE = 256,
	PAGE = 4096,
	PRIV = RTE_ALIGN(sizeof(struct fwd_punt), RTE_MBUF_PRIV_ALIGN),
	ROOM = 2176 + RTE_PKTMBUF_HEADROOM
};

// Such that object, header and trailer together are a page.
static uint32_t size_of_page(unsigned flags)
{
	struct rte_mempool_objsz size;

	rte_mempool_calc_obj_size(RTE_MBUF_PRIV_ALIGN, flags, &size);
	return PAGE - size.header_size - size.trailer_size;
}

struct rte_mempool *buffers_create(const char *name, uint32_t n, bool whole_pages)
{
	unsigned flags = whole_pages ? RTE_MEMPOOL_F_NO_SPREAD : 0;
	uint32_t head = sizeof(struct rte_mbuf) + PRIV;
	uint32_t size = whole_pages ? size_of_page(flags) : head + ROOM;
	struct rte_pktmbuf_pool_private of_pool = {.mbuf_data_room_size = (uint16_t)(size - head),
						   .mbuf_priv_size = PRIV};
	struct rte_mempool *pool = rte_mempool_create_empty(name, n, size, CACHE, sizeof(of_pool),
							    SOCKET_ID_ANY, flags);

	if (pool == NULL)
		return NULL;
	if (rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), NULL) != 0) {
		rte_mempool_free(pool);
		return NULL;
	}
	rte_pktmbuf_pool_init(pool, &of_pool);
	int rc = rte_mempool_populate_default(pool);
	if (rc < 0) {
		rte_errno = -rc;
		rte_mempool_free(pool);
		return NULL;
	}
	rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
	return pool;
}
