// Chains of extension headers, wherever one is walked: in front of a tunnel's inner packet, in the
// inner packet on its way into a tunnel, in what an ICMPv6 error quotes.
//
// An input chooses the way and describes a chain: kinds, lengths that may lie, contents.
// Properties: one verdict for each packet, every buffer back; what leaves a tunnel is the inner
// packet; what enters one is unchanged, behind a limit one less than its own, or behind none if it
// has none (RFC 2473 4.1.1); no chain that is refused gets through. The rules are written here once
// more.
#include "test/fuzz/fuzz.h"

#include <string.h>
#include <unistd.h>

#include "base/cursor.h"
#include "test/unit/fwd/world.h"
#include "wire/icmp6.h"
#include "wire/tunnel_error.h"

enum { IP6 = 40, HOP_BY_HOP = 0, UDP = 17, IPV6 = 41, ROUTING = 43, FRAGMENT = 44, AUTH = 51 };
enum { ICMP = 58, NOTHING = 59, OPTIONS = 60, MOBILITY = 135, GRE = 47, IPIP = 4 };
enum { MAX_CHAIN = 10, MAX_ROOM = 1400, MAX_WALK = 4 };
enum { OPT_LIMIT = 4, OPT_ACTION = 0xc0 };

enum way { DOWN, UP, UP_INSIDE, QUOTED, AT_NODE, N_WAYS };
enum { TIGHT = 8, HOLDS_LIMIT = 64, LIES = 128 };

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

// ---- The chain, in front of what a packet carries.

struct chain {
	uint8_t first; // the packet's next header
	uint16_t n;
	uint8_t b[MAX_ROOM];
};

static uint16_t octets_of(uint8_t kind, uint8_t len)
{
	if (kind == FRAGMENT)
		return 8;
	return kind == AUTH ? (uint16_t)((len % 8 + 2) * 4) : (uint16_t)((len % 8 + 1) * 8);
}

static bool is_extension(uint8_t kind)
{
	return kind == HOP_BY_HOP || kind == ROUTING || kind == FRAGMENT || kind == AUTH ||
	       kind == OPTIONS;
}

static void fill(uint8_t *h, uint8_t kind, uint8_t len, uint16_t n, struct reader *script)
{
	static const uint8_t limit[] = {OPT_LIMIT, 1, 0, 1, 1, 0};
	struct span content = rd_bytes(script, RTE_MIN((size_t)n - 2, rd_left(script)));

	memset(h, 0, n);
	h[1] = len & LIES && kind != FRAGMENT ? len : len % 8;
	if (content.n > 0)
		memcpy(h + 2, content.p, content.n);
	if (kind == OPTIONS && len & HOLDS_LIMIT) {
		uint8_t value = h[2];
		memcpy(h + 2, limit, sizeof(limit));
		h[4] = value;
	}
}

static void read_chain(struct reader *script, uint8_t end, struct chain *c)
{
	static const uint8_t kinds[] = {OPTIONS, OPTIONS, OPTIONS,  HOP_BY_HOP, ROUTING, FRAGMENT,
					AUTH,    OPTIONS, MOBILITY, IPV6,       UDP,     ICMP,
					NOTHING, GRE,     IPIP,     OPTIONS};
	uint8_t *next = &c->first;
	uint8_t count = rd_u8(script) % (MAX_CHAIN + 1);

	c->n = 0;
	for (uint8_t i = 0; i < count; i++) {
		uint8_t kind = kinds[rd_u8(script) % sizeof(kinds)], len = rd_u8(script);
		if (!is_extension(kind)) {
			*next = kind; // what follows is not what it says
			return;
		}
		uint16_t n = octets_of(kind, len);
		fill(c->b + c->n, kind, len, n, script);
		*next = kind;
		next = c->b + c->n;
		c->n = (uint16_t)(c->n + n);
	}
	*next = end;
}

// Between a packet's header and what it carries.
static struct frame with_chain(struct frame p, const struct chain *c)
{
	static uint8_t head[IP6 + MAX_ROOM];
	uint16_t payload = (uint16_t)(p.n - IP6 + c->n);

	memcpy(head, p.b, IP6);
	memcpy(head + IP6, c->b, c->n);
	head[4] = (uint8_t)(payload >> 8);
	head[5] = (uint8_t)payload;
	head[6] = c->first;
	return in_front(stripped(p, IP6), head, (uint16_t)(IP6 + c->n));
}

// ---- The rules, once more.

// The value of the first limit option that can be read in a destination options header of `n`
// octets; -1: none.
static int limit_in(const uint8_t *h, uint32_t n)
{
	for (uint32_t at = 2; at < n;) {
		if (h[at] == 0) { // Pad1
			at++;
			continue;
		}
		if (at + 2 > n || at + 2 + h[at + 1] > n)
			return -1;
		if (h[at] == OPT_LIMIT && h[at + 1] == 1)
			return h[at + 2];
		at += 2u + h[at + 1];
	}
	return -1;
}

static int limit_of(const struct frame *p)
{
	uint8_t kind = p->b[6];
	uint32_t at = IP6;

	for (int i = 0; i < MAX_WALK && is_extension(kind); i++) {
		if (at + 4 > p->n)
			return -1;
		const uint8_t *h = p->b + at;
		uint32_t n = kind == FRAGMENT ? 8
			     : kind == AUTH   ? (h[1] + 2u) * 4
					      : (h[1] + 1u) * 8;
		bool later_piece = kind == FRAGMENT && ((h[2] << 8 | h[3]) & 0xfff8) != 0;
		if (at + n > p->n || later_piece)
			return -1;
		int limit = kind == OPTIONS ? limit_in(h, n) : -1;
		if (limit >= 0)
			return limit;
		kind = h[0];
		at += n;
	}
	return -1;
}

// Whether no option of a destination options header asks for a discard, and all of them end in it.
static bool is_harmless(const uint8_t *h, uint32_t n)
{
	uint32_t at = 2;

	while (at < n) {
		if ((h[at] & OPT_ACTION) != 0 || (h[at] != 0 && at + 2 > n))
			return false;
		at += h[at] == 0 ? 1u : 2u + h[at + 1];
	}
	return at == n;
}

// Where the inner packet of a tunnel packet stands; 0: there is none that may come through. One
// fragment header may stand in front of it if that says that nothing is missing (RFC 6946).
static uint16_t inner_of(const struct frame *p)
{
	uint8_t kind = p->b[6];
	uint32_t at = IP6;
	bool whole = false;

	for (int i = 0; i < MAX_WALK || kind == FRAGMENT;) {
		const uint8_t *h = p->b + at;
		bool has_options = kind == OPTIONS || (kind == HOP_BY_HOP && i == 0);
		if (!has_options && kind != ROUTING && (kind != FRAGMENT || whole))
			break;
		uint32_t n = kind == FRAGMENT ? 8 : at + 2 <= p->n ? (h[1] + 1u) * 8 : UINT16_MAX;
		if (at + n > p->n || (has_options && !is_harmless(h, n)))
			return 0;
		if (kind == ROUTING && h[3] != 0) // segments left
			return 0;
		if (kind == FRAGMENT && (h[2] != 0 || (h[3] & 0xf9) != 0))
			return 0;
		whole |= kind == FRAGMENT;
		i += kind != FRAGMENT;
		kind = h[0];
		at += n;
	}
	return kind == IPV6 ? (uint16_t)at : 0;
}

// The same octets, a hop further.
static bool is_next_hop_of(const uint8_t *out, const uint8_t *in, uint16_t n)
{
	return memcmp(out, in, 7) == 0 && out[7] + 1 == in[7] &&
	       memcmp(out + 8, in + 8, n - 8u) == 0;
}

// ---- What comes out.

static bool is_error(const uint8_t *packet)
{
	return packet[6] == ICMP && packet[IP6] < 128 && packet[7] == 64;
}

static bool is_own_error(const struct frame *out, const struct frame *in)
{
	return is_error(out->b + L2_LEN) && memcmp(out->b + L2_LEN + 8, in->b + 8, 16) != 0;
}

// Into a tunnel: as a whole, since pieces are fuzz_reassembly's.
static void examine_entered(const struct frame *in)
{
	static struct frame out;
	int limit = limit_of(in);

	while (world_take(&w, BACKBONE, &out)) {
		const uint8_t *p = out.b + L2_LEN;
		if (p[6] == FRAGMENT)
			continue;
		uint16_t head = (uint16_t)(IP6 + (limit > 0 ? 8 : 0));
		REQUIRE(limit != 0 && out.n == L2_LEN + head + in->n);
		REQUIRE(p[6] == (limit > 0 ? OPTIONS : IPV6));
		if (limit > 0)
			REQUIRE(p[IP6] == IPV6 && p[IP6 + 2] == OPT_LIMIT &&
				p[IP6 + 4] == limit - 1);
		REQUIRE(is_next_hop_of(p + head, in->b, in->n));
	}
}

static void examine_left(const struct frame *in)
{
	static struct frame out;
	uint16_t at = inner_of(in);

	while (world_take(&w, CORE, &out)) {
		if (is_own_error(&out, in))
			continue;
		REQUIRE(at != 0 && out.n <= L2_LEN + in->n - at);
		REQUIRE(is_next_hop_of(out.b + L2_LEN, in->b + at, (uint16_t)(out.n - L2_LEN)));
	}
}

// An error that quotes a tunnel packet, as control reads it.
static void examine_quoted(struct span icmp)
{
	uint8_t *exact = malloc(icmp.n > 0 ? icmp.n : 1), answer[ICMP6_ERROR_MAX];
	struct tunnel_error e;

	REQUIRE(exact != NULL);
	if (icmp.n > 0)
		memcpy(exact, icmp.p, icmp.n);
	if (tunnel_error_read((struct span){exact, icmp.n}, &e)) {
		REQUIRE(e.path_mtu == 0 || e.path_mtu >= 1280);
		REQUIRE(e.inner.n == 0 || (e.inner.n >= IP6 && e.inner.p >= exact + 8 + IP6 &&
					   e.inner.p + e.inner.n == exact + icmp.n));
		REQUIRE(!e.tell || e.inner.n > 0);
		if (e.tell && icmp6_may_answer(e.inner, e.type)) {
			size_t n = icmp6_error_emit(answer, sizeof(answer), e.local, e.remote,
						    e.type, e.code, e.param, e.inner);
			REQUIRE(n > IP6 + 8 && n <= ICMP6_ERROR_MAX);
		}
	}
	free(exact);
}

static void examine_punted(void)
{
	static struct frame out;
	struct fwd_punt note;

	while (world_punted(&w, &note, &out)) {
		if (note.kind != FWD_PUNT_ICMP && note.kind != FWD_PUNT_SIGNALLING)
			continue;
		REQUIRE(note.mh_offset >= IP6 && note.mh_offset + note.mh_len == out.n);
		if (note.kind == FWD_PUNT_ICMP)
			examine_quoted((struct span){out.b + note.mh_offset, note.mh_len});
	}
}

// ---- One input.

static struct frame quoting(struct frame p, uint8_t type, uint8_t code, uint32_t param)
{
	struct frame f = packet(FAR, LMAA, ICMP, 8);
	uint8_t head[IP6 + 8];

	memcpy(head, f.b, IP6);
	memset(head + IP6, 0, 8);
	head[IP6] = (uint8_t)(1 + type % 4);
	head[IP6 + 1] = code;
	head[IP6 + 6] = (uint8_t)(param >> 8);
	head[IP6 + 7] = (uint8_t)param;
	head[4] = (uint8_t)((p.n + 8) >> 8);
	head[5] = (uint8_t)(p.n + 8);
	return in_front(p, head, sizeof(head));
}

static struct frame make(enum way way, struct reader *script)
{
	uint16_t payload = (uint16_t)(rd_u8(script) * 4);
	static struct chain c;
	struct frame p;

	if (way == QUOTED) {
		uint8_t type = rd_u8(script), code = rd_u8(script) % 4;
		uint16_t param = rd_u16(script), cut = rd_u8(script);
		read_chain(script, IPV6, &c);
		p = with_chain(tunnelled(LMAA, COA1, packet(CN, MN1, UDP, payload)), &c);
		p.n = (uint16_t)RTE_MAX(p.n - cut, 0); // a router quotes as much as it likes
		return quoting(p, type, code, param);
	}
	read_chain(script, way == UP ? IPV6 : UDP, &c);
	switch (way) {
	case UP:
		return with_chain(tunnelled(COA1, LMAA, packet(MN1, CN, UDP, payload)), &c);
	case UP_INSIDE:
		return tunnelled(COA1, LMAA, with_chain(packet(MN1, CN, UDP, payload), &c));
	case AT_NODE:
		return with_chain(packet(NODE_A, CN, UDP, payload), &c);
	default:
		return with_chain(packet(CN, MN1, UDP, payload), &c);
	}
}

static void examine(enum way way, const struct frame *p)
{
	static struct frame out;

	if (way == DOWN || way == AT_NODE)
		examine_entered(p);
	if (way == UP || way == UP_INSIDE)
		examine_left(p);
	examine_punted();
	for (uint16_t port = 0; port < N_PORTS; port++)
		while (world_take(&w, port, &out))
			REQUIRE((out.b[L2_LEN + 4] << 8 | out.b[L2_LEN + 5]) + L2_LEN + IP6 ==
				out.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct frame p, f;

	if (size < 3 || size > MAX_ROOM)
		return 0;
	struct reader script = rd_over((struct span){data, (uint16_t)size});
	uint8_t choice = rd_u8(&script);
	enum way way = choice % 8 % N_WAYS;
	REQUIRE(world_start(&w) == 0);
	for (int i = 0; i < 2 && choice & TIGHT; i++) {
		entry_set_mtu(w.fib, w.entries[i], 1280);
		entry_set_mtu(w.fib, w.nodes[i], 1280);
	}
	if (way == AT_NODE)
		world_become_mag(&w);
	p = make(way, &script);
	uint16_t port = way == DOWN ? CORE : way == AT_NODE ? ACCESS : BACKBONE;
	f = way == AT_NODE ? from_node(mac_a, 0, p) : framed(port, p);
	struct rte_mbuf *m = world_mbuf(&w, &f, AT_HEAP);
	REQUIRE(m != NULL && mem_give(w.ports[port], &m, 1) == 1);
	world_turn(&w);
	REQUIRE(world_balanced(&w) && w.telem.received == 1);
	examine(way, &p);
	world_turn(&w); // an error that it caused
	REQUIRE(world_balanced(&w) && fwd_due(w.fwd) == 0 && fwd_held(w.fwd) <= 1);
	if (rd_left(&script) > 0)
		examine_quoted(rd_rest(&script));
	REQUIRE(world_stop(&w));
	return 0;
}
