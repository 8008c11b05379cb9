// Frames between the workers' rings and the kernel's TAPs: each interface has its own, and the
// kernel sees no tag.
#include "app/common/relay.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/common/plane.h"
#include "test/unit/fwd/world.h"
#include "test/unit/netns.h"
#include "test/unit/test.h"

enum { PLAIN, TAGGED, N_TAPS, VLAN = 9, ETHERTYPE = 0x88b5, PAYLOAD = 46 }; // for local experiments

static struct world world;
static struct plane plane;
static const struct conf_interface interfaces[N_TAPS] = {
	{.name = "plain", .twin = "plain", .role = CONF_CORE},
	{.name = "tagged", .twin = "tagged", .role = CONF_CORE, .vlan = VLAN},
};
static const uint8_t mac[6] = {2, 0, 0, 0, 0, 0x10};
static int kernel[N_TAPS]; // packet sockets on the TAPs: what the kernel gets and sends

static int open_kernel_side(const char *netdev)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETHERTYPE),
				 .sll_ifindex = (int)if_nametoindex(netdev)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0)
		return -1;
	return fd;
}

static int start(void **state)
{
	char why[256] = "";

	(void)state;
	plane = (struct plane){.pool = world.pool, .relay = world.relay, .n_interfaces = N_TAPS};
	plane.workers[0].inject = world.punt;
	for (int i = 0; i < N_TAPS; i++) {
		plane.interfaces[i] =
			(struct plane_interface){.conf = &interfaces[i], .port = BACKBONE};
		if (tap_open(interfaces[i].twin, mac, 1500, &plane.interfaces[i].relay.tap, why,
			     sizeof(why)) != 0) {
			print_error("%s\n", why);
			return -1;
		}
		kernel[i] = open_kernel_side(interfaces[i].twin);
		if (kernel[i] < 0)
			return -1;
	}
	return 0;
}

static int stop(void **state)
{
	void *m = NULL;

	(void)state;
	while (rte_ring_dequeue(world.punt, &m) == 0 || rte_ring_dequeue(world.relay, &m) == 0)
		rte_pktmbuf_free(m);
	for (int i = 0; i < N_TAPS; i++)
		close(kernel[i]);
	relay_done(&plane);
	return rte_mempool_avail_count(world.pool) == WORLD_MBUFS ? 0 : -1;
}

static struct frame some_frame(uint8_t what)
{
	struct frame f = {.n = 14 + PAYLOAD};

	memset(f.b, what, f.n);
	memcpy(f.b, mac, 6);
	f.b[6] = 2;
	f.b[12] = ETHERTYPE >> 8;
	f.b[13] = ETHERTYPE & 0xff;
	return f;
}

static void punt(struct frame f, uint16_t vlan)
{
	struct rte_mbuf *m = world_mbuf(&world, &f, AT_HEADROOM);

	assert_non_null(m);
	*fwd_punt_of(m) =
		(struct fwd_punt){.kind = FWD_PUNT_KERNEL, .port = BACKBONE, .vlan = vlan};
	assert_int_equal(rte_ring_enqueue(world.relay, m), 0);
}

// What the kernel got on that TAP of our ethertype; 0: nothing.
static uint16_t kernel_got(int i, struct frame *out)
{
	ssize_t n = recv(kernel[i], out->b, sizeof(out->b), 0);

	return out->n = n > 0 ? (uint16_t)n : 0;
}

// The next frame of our ethertype that the kernel sent; its own neighbour discovery is passed over.
static bool worker_got(struct fwd_punt *note, struct frame *out)
{
	while (world_punted(&world, note, out)) {
		unsigned at = out->b[12] == 0x81 ? 16 : 12;
		if ((out->b[at] << 8 | out->b[at + 1]) == ETHERTYPE)
			return true;
	}
	return false;
}

static void a_frame_reaches_the_kernel_as_it_came(void **state)
{
	(void)state;
	struct frame f = some_frame(0x11), got;

	punt(f, 0);
	assert_true(relay_turn(&plane));
	assert_int_equal(kernel_got(PLAIN, &got), f.n);
	assert_memory_equal(got.b, f.b, f.n);
	assert_int_equal(kernel_got(TAGGED, &got), 0);
	assert_int_equal(plane.relayed.to_kernel, 1);
}

static void a_tagged_frame_reaches_its_own_twin_without_the_tag(void **state)
{
	(void)state;
	struct frame f = some_frame(0x22), got;

	punt(tagged(f, VLAN), VLAN);
	relay_turn(&plane);
	assert_int_equal(kernel_got(TAGGED, &got), f.n);
	assert_memory_equal(got.b, f.b, f.n);
	assert_int_equal(kernel_got(PLAIN, &got), 0);
}

static void a_tag_of_no_interface_is_counted(void **state)
{
	(void)state;
	punt(tagged(some_frame(0x33), 77), 77);
	relay_turn(&plane);
	assert_int_equal(plane.relayed.no_twin, 1);
}

static void what_the_kernel_sends_goes_to_its_port_with_its_tag(void **state)
{
	(void)state;
	struct frame f = some_frame(0x44), got;
	struct fwd_punt note;

	assert_int_equal(send(kernel[PLAIN], f.b, f.n, 0), f.n);
	relay_turn(&plane);
	assert_true(worker_got(&note, &got));
	assert_int_equal(note.kind, FWD_PUNT_FROM_KERNEL);
	assert_int_equal(note.port, BACKBONE);
	assert_int_equal(got.n, f.n);
	assert_memory_equal(got.b, f.b, f.n);

	assert_int_equal(send(kernel[TAGGED], f.b, f.n, 0), f.n);
	relay_turn(&plane);
	assert_true(worker_got(&note, &got));
	struct frame wanted = tagged(f, VLAN);
	assert_int_equal(got.n, wanted.n);
	assert_memory_equal(got.b, wanted.b, wanted.n);
}

static void a_full_ring_is_counted_and_nothing_is_lost_of_the_rest(void **state)
{
	(void)state;
	struct frame f = some_frame(0x55);

	for (int i = 0; i < 100; i++)
		assert_int_equal(send(kernel[PLAIN], f.b, f.n, 0), f.n);
	for (int i = 0; i < 4; i++)
		relay_turn(&plane);
	assert_true(plane.relayed.ring_full > 0);
	assert_int_equal(rte_ring_free_count(world.punt), 0);
}

static void without_buffers_the_kernels_frames_wait(void **state)
{
	(void)state;
	static struct rte_mbuf *all[WORLD_MBUFS];
	struct frame f = some_frame(0x66), got;
	struct fwd_punt note;

	relay_turn(&plane); // what the kernel had to say of its own
	while (worker_got(&note, &got))
		;
	unsigned n = rte_mempool_avail_count(world.pool);
	assert_int_equal(rte_pktmbuf_alloc_bulk(world.pool, all, n), 0);
	assert_int_equal(send(kernel[PLAIN], f.b, f.n, 0), f.n);
	relay_turn(&plane);
	assert_true(plane.relayed.no_mbuf > 0);
	rte_pktmbuf_free_bulk(all, n);
	relay_turn(&plane);
	assert_true(worker_got(&note, &got));
}

#define RELAY_TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RELAY_TEST(a_frame_reaches_the_kernel_as_it_came),
		RELAY_TEST(a_tagged_frame_reaches_its_own_twin_without_the_tag),
		RELAY_TEST(a_tag_of_no_interface_is_counted),
		RELAY_TEST(what_the_kernel_sends_goes_to_its_port_with_its_tag),
		RELAY_TEST(a_full_ring_is_counted_and_nothing_is_lost_of_the_rest),
		RELAY_TEST(without_buffers_the_kernels_frames_wait),
	};
	char prefix[32];

	int rc = netns_enter();
	if (rc != 0)
		return rc;
	snprintf(prefix, sizeof(prefix), "kedge-relay-%d", (int)getpid());
	if (world_boot(&world, prefix) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
