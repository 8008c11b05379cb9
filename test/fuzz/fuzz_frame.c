// Raw frames into the forwarding path of one worker, in the network of the unit tests.
//
// An input is one octet of choices and a frame. Properties: each packet has exactly one verdict,
// every buffer comes back, what is sent is a whole IPv6 packet behind layer 2, what control gets
// lies within its packet. Frames lie on the heap and end where they end, since ASan sees nothing
// inside a pool; every second choice puts them in two pieces.
#include "test/fuzz/fuzz.h"

#include <string.h>
#include <unistd.h>

#include "test/unit/fwd/world.h"

enum {
	FROM_BACKBONE = 1,
	ECN_OF_5213 = 2,
	IN_PIECES = 4,
	TIGHT_TUNNELS = 8,
	AT_START = 16,
	AT_MAG = 32,       // and then FROM_BACKBONE not set: from the access link
	BEFORE_A_TAP = 64, // the port is a relayed one
	LOCALLY = 128,     // at a MAG: straight from node to node
};

static struct world w;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char prefix[32];

	(void)argc;
	(void)argv;
	snprintf(prefix, sizeof(prefix), "kedge-fuzz-%d", (int)getpid());
	REQUIRE(world_boot(&w, prefix) == 0);
	return 0;
}

static struct rte_mbuf *input(const struct frame *f, uint8_t choice)
{
	static struct frame half;

	if (!(choice & IN_PIECES) || f->n < 2)
		return world_mbuf(&w, f, choice & AT_START ? 0 : AT_HEAP);
	half.n = f->n / 2;
	memcpy(half.b, f->b, half.n);
	struct rte_mbuf *first = world_mbuf(&w, &half, AT_HEADROOM);
	half.n = (uint16_t)(f->n - f->n / 2);
	memcpy(half.b, f->b + f->n / 2, half.n);
	REQUIRE(rte_pktmbuf_chain(first, world_mbuf(&w, &half, AT_HEAP)) == 0);
	return first;
}

static uint64_t verdicts(void)
{
	uint64_t sum = 0;

	for (int v = 0; v < N_VERDICTS; v++)
		sum += w.telem.verdicts[v];
	return sum;
}

// What control gets of a frame that is none of ours is all of it.
static void examine_frame(const struct fwd_punt *note, const struct frame *in,
			  const struct frame *out)
{
	REQUIRE(out->n == in->n && memcmp(out->b, in->b, in->n) == 0);
	REQUIRE(out->n >= L2_LEN && note->port < N_PORTS);
}

static void examine_output(const struct frame *in)
{
	static struct frame out;
	struct fwd_punt note;

	for (uint16_t port = 0; port < N_PORTS; port++) {
		while (world_take(&w, port, &out)) {
			uint16_t l2 = out.n > 12 && out.b[12] == 0x81 ? L2_LEN + 4 : L2_LEN;
			REQUIRE(out.n >= l2 + 40 && out.n <= l2 + 1500);
			REQUIRE(out.b[l2] >> 4 == 6);
			REQUIRE((out.b[l2 + 4] << 8 | out.b[l2 + 5]) + l2 + 40 == out.n);
			REQUIRE(out.b[l2 + 7] > 0);
		}
	}
	while (world_punted(&w, &note, &out)) {
		if (note.kind == FWD_PUNT_GLEAN)
			continue;
		if (note.kind == FWD_PUNT_ACCESS) {
			REQUIRE(note.port == ACCESS);
			examine_frame(&note, in, &out);
			continue;
		}
		REQUIRE(note.mh_offset >= 40 && note.mh_offset + note.mh_len == out.n);
	}
	while (world_relayed(&w, &note, &out)) {
		REQUIRE(note.kind == FWD_PUNT_KERNEL && note.port != ACCESS);
		examine_frame(&note, in, &out);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct frame f;

	if (size < 2 || size - 1 > FRAME_MAX)
		return 0;
	f.n = (uint16_t)(size - 1);
	memcpy(f.b, data + 1, f.n);
	REQUIRE(world_start(&w) == 0);
	w.conf.ecn = data[0] & ECN_OF_5213 ? FWD_ECN_RFC5213 : FWD_ECN_RFC6040;
	if (data[0] & TIGHT_TUNNELS)
		for (int i = 0; i < 2; i++) {
			entry_set_mtu(w.fib, w.entries[i], 1280);
			entry_set_mtu(w.fib, w.nodes[i], 1280);
		}
	for (int i = 0; data[0] & LOCALLY && i < N_NODES; i++)
		world_open(&w, i);

	struct rte_mbuf *m = input(&f, data[0]);
	uint16_t port = data[0] & FROM_BACKBONE ? BACKBONE : CORE;
	if (data[0] & AT_MAG) {
		world_become_mag(&w);
		port = data[0] & FROM_BACKBONE ? BACKBONE : ACCESS;
	}
	if (data[0] & BEFORE_A_TAP && port != ACCESS)
		w.conf.ports[port].kind = FWD_PORT_RELAYED;
	REQUIRE(m != NULL && mem_give(w.ports[port], &m, 1) == 1);
	for (int turns = 0; turns < 3; turns++) { // an error that it causes, and what that causes
		world_turn(&w);
		REQUIRE(world_balanced(&w));
	}
	REQUIRE(fwd_due(w.fwd) == 0 && fwd_held(w.fwd) <= 1); // a fragment that waits for others
	REQUIRE(w.telem.received == 1 && w.telem.originated <= 1);
	REQUIRE(verdicts() + fwd_held(w.fwd) == 1 + w.telem.originated + w.telem.fragmented);
	examine_output(&f);
	REQUIRE(world_stop(&w));
	return 0;
}
