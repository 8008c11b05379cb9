// The pool of packet buffers, as the kernel is told of it: so many of one size, without gaps.
#include "app/common/buffers.h"

#include <stdio.h>
#include <unistd.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "fwd/fwd.h"
#include "test/unit/fwd/world.h"
#include "test/unit/test.h"

enum { BUFFERS = 500, LONGEST_MESSAGE = 14 + 4 + 40 + 8 * 256 };

struct extent {
	uintptr_t from, to;
	unsigned crossing;
};

static void note_extent(struct rte_mempool *pool, void *arg, void *object, unsigned i)
{
	struct extent *e = arg;
	uintptr_t from = (uintptr_t)object - pool->header_size;
	uintptr_t to = (uintptr_t)object + pool->elt_size + pool->trailer_size;

	(void)i;
	e->from = RTE_MIN(e->from, from);
	e->to = RTE_MAX(e->to, to);
	e->crossing += from / 4096 != (to - 1) / 4096;
}

// The PMD computes the size of what it shares as number times size of one.
static void the_kernel_is_told_of_all_buffers_of_a_pool_of_pages(void **state)
{
	struct rte_mempool *pool = buffers_create("pages", BUFFERS, true);
	struct extent e = {UINTPTR_MAX, 0, 0};

	(void)state;
	assert_non_null(pool);
	rte_mempool_obj_iter(pool, note_extent, &e);
	uint32_t one = rte_mempool_calc_obj_size(pool->elt_size, pool->flags, NULL);
	assert_int_equal(one, 4096);
	assert_int_equal(e.to - e.from, (uintptr_t)BUFFERS * one);
	assert_int_equal(e.crossing, 0);
	rte_mempool_free(pool);
}

static void a_buffer_has_room_for_the_longest_message_and_for_a_note(void **state)
{
	(void)state;
	for (int pages = 0; pages < 2; pages++) {
		struct rte_mempool *pool = buffers_create("room", BUFFERS, pages == 1);
		assert_non_null(pool);
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
		assert_non_null(m);
		assert_true(rte_pktmbuf_tailroom(m) >= LONGEST_MESSAGE);
		assert_true(rte_pktmbuf_priv_size(pool) >= sizeof(struct fwd_punt));
		assert_int_equal(m->priv_size, rte_pktmbuf_priv_size(pool));
		rte_pktmbuf_free(m);
		assert_int_equal(rte_mempool_avail_count(pool), BUFFERS);
		rte_mempool_free(pool);
	}
}

static void a_pool_for_which_there_is_no_memory_is_an_error(void **state)
{
	(void)state;
	assert_null(buffers_create("none", 1 << 24, true));
	struct rte_mempool *pool = buffers_create("none", BUFFERS, true); // its name is free again
	assert_non_null(pool);
	rte_mempool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_is_told_of_all_buffers_of_a_pool_of_pages),
		cmocka_unit_test(a_buffer_has_room_for_the_longest_message_and_for_a_note),
		cmocka_unit_test(a_pool_for_which_there_is_no_memory_is_an_error),
	};

	static struct world world; // for its EAL
	char prefix[32];

	snprintf(prefix, sizeof(prefix), "kedge-app-%d", (int)getpid());
	if (world_boot(&world, prefix) != 0)
		return 1;
	return cmocka_run_group_tests_name("buffers", tests, NULL, NULL);
}
