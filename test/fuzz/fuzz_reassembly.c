// Outer fragments and their owner, from a script: pieces with any offset, length, end and next
// header, in any order, between time that passes, buffers that run out, and packets that are cut on
// their way down.
//
// Properties: no more is held than configured; received + originated + fragmented = verdicts +
// held, after each turn; what comes out is one of the packets that were cut, octet by octet; what
// is cut on the way down fits together again; at the end every buffer is back. Pieces of different
// packets never have source, destination and identification in common, so a packet of two is a
// fault.
#include "test/fuzz/fuzz.h"

#include <string.h>
#include <unistd.h>

#include "base/cursor.h"
#include "test/unit/fwd/world.h"

enum { FRAGMENT = 44, IPV6 = 41, UDP = 17, ICMP = 58, MOBILITY = 135, IP6 = 40, FRAGMENT_HDR = 8 };
enum { MAX_SCRIPT = 2048, SIGNALLING_ROOM = 64, QUEUE = 24, MAX_PIECE = 3000, MAX_PIECES_DOWN = 4 };
#define PAINTER "2001:db8:ee::7" // from it comes what is coloured
enum { N_TEMPLATES = 7, COLOURED = 6, MAX_COLOURS = 255 };

// What is cut: its source, what is inside, and how long the inside is.
static const struct {
	const char *outer, *inner, *dst;
	uint8_t next;
	uint16_t payload;
} templates[N_TEMPLATES] = {
	{COA1, MN1, CN, IPV6, 20},
	{COA1, MN1, CN, IPV6, 1200},
	{COA2, MN2, CN, IPV6, 1400},
	{COA2, MN2, CN, IPV6, 3400},
	{COA1, NULL, NULL, MOBILITY, 900},
	{FAR, NULL, NULL, MOBILITY, 1992},
	{PAINTER, NULL, NULL, MOBILITY, 1000},
};

static struct world w;
static struct frame whole[N_TEMPLATES]; // from the outer header on
static struct rte_mbuf *taken[WORLD_MBUFS];
static unsigned n_taken, n_queued, n_signalling;

// Pieces of one template have a colour each instead of its octets: so it shows which of them a
// message consists of. Each must be there as a whole, or two have overlapped.
static struct {
	uint16_t at, n;
} colours[MAX_COLOURS + 1];
static unsigned n_colours;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char prefix[32];

	(void)argc;
	(void)argv;
	snprintf(prefix, sizeof(prefix), "kedge-fuzz-%d", (int)getpid());
	REQUIRE(world_boot(&w, prefix) == 0);
	for (int i = 0; i < N_TEMPLATES; i++) {
		struct frame in = packet(CN, CN, UDP, templates[i].payload);
		if (templates[i].inner != NULL)
			in = packet(templates[i].inner, templates[i].dst, UDP,
				    templates[i].payload);
		for (uint16_t k = IP6; k < in.n; k++) // no two octets that lie near are alike
			in.b[k] = (uint8_t)(k * 7 + k / 256 * 31 + i * 13);
		if (templates[i].inner == NULL) {
			whole[i] = packet(templates[i].outer, LMAA, MOBILITY, templates[i].payload);
			memcpy(whole[i].b + IP6, in.b + IP6, templates[i].payload);
		} else {
			whole[i] = tunnelled(templates[i].outer, LMAA, in);
		}
	}
	return 0;
}

// ---- What comes out.

static bool same_but_hops(const struct frame *out, uint16_t l2, const struct frame *in)
{
	return out->n == l2 + in->n && memcmp(out->b + l2 + 8, in->b + 8, in->n - 8u) == 0 &&
	       memcmp(out->b + l2 + 4, in->b + 4, 3) == 0 && out->b[l2 + 7] + 1 == in->b[7];
}

static bool is_one_of_ours(const struct frame *out)
{
	for (int i = 0; i < N_TEMPLATES; i++) {
		struct frame in = stripped(whole[i], IP6);
		if (templates[i].inner != NULL && same_but_hops(out, L2_LEN, &in))
			return true;
	}
	return false;
}

// A message that is not as long as it was cut is one that an end was set in too early or too late:
// what there is of it has to be right.
static bool begins_as_ours(const struct frame *out, const struct fwd_punt *note)
{
	for (int i = 0; i < N_TEMPLATES; i++) {
		uint16_t n = (uint16_t)RTE_MIN(note->mh_len, whole[i].n - IP6);
		if (memcmp(out->b + 8, whole[i].b + 8, 32) == 0 &&
		    memcmp(out->b + note->mh_offset, whole[i].b + IP6, n) == 0)
			return true;
	}
	return false;
}

static bool is_of_whole_pieces(const uint8_t *message, uint16_t n)
{
	for (uint16_t i = 0; i < n;) {
		uint8_t c = message[i];
		uint16_t end = (uint16_t)(i + colours[c].n);
		if (colours[c].n == 0 || colours[c].at != i || end > n)
			return false;
		for (; i < end; i++)
			if (message[i] != c)
				return false;
	}
	return true;
}

static bool is_right_message(const struct frame *out, const struct fwd_punt *note)
{
	if (memcmp(out->b + 8, whole[COLOURED].b + 8, 16) == 0)
		return is_of_whole_pieces(out->b + note->mh_offset, note->mh_len);
	return begins_as_ours(out, note);
}

static void drain(void)
{
	static struct frame out;
	struct fwd_punt note;

	while (world_take(&w, CORE, &out)) // or an error to a correspondent
		REQUIRE(out.b[L2_LEN + 6] == ICMP || is_one_of_ours(&out));
	while (world_take(&w, BACKBONE, &out)) {
		REQUIRE(out.n >= L2_LEN + IP6 && out.n <= L2_LEN + 1500);
		REQUIRE((out.b[L2_LEN + 4] << 8 | out.b[L2_LEN + 5]) + L2_LEN + IP6 == out.n);
	}
	while (world_punted(&w, &note, &out)) {
		if (note.kind != FWD_PUNT_SIGNALLING)
			continue;
		REQUIRE(note.mh_offset == IP6 && note.mh_offset + note.mh_len == out.n);
		REQUIRE((out.b[4] << 8 | out.b[5]) + IP6 == out.n && out.b[6] == MOBILITY);
		REQUIRE(is_right_message(&out, &note));
	}
}

static void turn(void)
{
	world_turn(&w);
	n_queued = 0;
	REQUIRE(world_balanced(&w));
	unsigned most =
		w.conf.reassembly_packets + RTE_MIN(n_signalling, (unsigned)SIGNALLING_ROOM);
	REQUIRE(fwd_held(w.fwd) - fwd_due(w.fwd) <= most);
	drain();
}

// ---- What goes in.

static void put(const struct frame *p)
{
	struct frame f = framed(BACKBONE, *p);
	struct rte_mbuf *m = world_mbuf(&w, &f, AT_HEAP);

	if (m == NULL) // all taken
		return;
	REQUIRE(mem_give(w.ports[BACKBONE], &m, 1) == 1);
	if (++n_queued == QUEUE)
		turn();
}

// Octets of a packet behind its outer header; beyond its end, of nothing.
static void copy_part(uint8_t *to, const struct frame *from, uint32_t at, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++)
		to[i] = at + i + IP6 < from->n ? from->b[at + i + IP6] : 0xee;
}

static void colour(uint8_t *octets, uint32_t at, uint16_t n)
{
	colours[++n_colours].at = (uint16_t)at;
	colours[n_colours].n = n;
	memset(octets, (int)n_colours, n);
}

enum { END = 1, OTHER_NEXT = 2, MARKED = 4, ODD_END = 8, SHORT = 16, RESERVED = 32 };

static struct frame piece(uint8_t template, uint8_t id, uint32_t at, uint16_t n, uint8_t options,
			  uint8_t next)
{
	const struct frame *from = &whole[template];
	uint16_t payload = (uint16_t)(n + FRAGMENT_HDR);
	struct frame f = {.n = (uint16_t)(IP6 + payload)};

	memcpy(f.b, from->b, IP6);
	f.b[4] = (uint8_t)(payload >> 8);
	f.b[5] = (uint8_t)payload;
	f.b[6] = FRAGMENT;
	f.b[IP6] = options & OTHER_NEXT ? next : from->b[6];
	f.b[IP6 + 2] = (uint8_t)(at >> 8);
	f.b[IP6 + 3] = (uint8_t)((at & 0xf8) | (options & RESERVED ? 6 : 0) | !(options & END));
	f.b[IP6 + 6] = template;
	f.b[IP6 + 7] = id;
	if (options & MARKED)
		set_class(&f, 3);
	n_signalling += f.b[IP6] == MOBILITY;
	copy_part(f.b + IP6 + FRAGMENT_HDR, from, at, n);
	if (template == COLOURED)
		colour(f.b + IP6 + FRAGMENT_HDR, at, n);
	if (options & SHORT)
		f.n = (uint16_t)(IP6 + n % 8);
	return f;
}

// None is coloured when all colours are in use.
static uint8_t read_template(struct reader *script)
{
	uint8_t template = rd_u8(script) % N_TEMPLATES;

	return template == COLOURED && n_colours + 32 >= MAX_COLOURS ? 0 : template;
}

static void any_piece(struct reader *script)
{
	uint8_t template = read_template(script), id = rd_u8(script), options = rd_u8(script);
	uint32_t at = rd_u16(script) % 8192u * 8;
	uint16_t n = (uint16_t)(rd_u16(script) % MAX_PIECE);
	uint8_t next = options & OTHER_NEXT ? rd_u8(script) : 0;

	if (!(options & (END | ODD_END)))
		n &= 0xfff8;
	struct frame f = piece(template, id, at, n, options, next);
	put(&f);
}

// All of a packet in equal pieces, one of them left out or doubled, first or last first.
static void pieces_of_all(struct reader *script)
{
	uint8_t template = read_template(script), id = rd_u8(script), how = rd_u8(script);
	uint16_t len = (uint16_t)(whole[template].n - IP6);
	uint16_t size = (uint16_t)((1 + rd_u8(script)) * 8);
	uint16_t count = (uint16_t)((len + size - 1) / size);

	for (uint16_t i = 0; i < count && i < 32; i++) {
		uint16_t k = how & 1 ? (uint16_t)(count - 1 - i) : i;
		uint32_t at = (uint32_t)k * size;
		uint16_t n = (uint16_t)RTE_MIN(size, len - at);
		if (how & 2 && how >> 4 == k)
			continue;
		struct frame f = piece(template, id, at, n, k + 1 == count ? END : 0, 0);
		put(&f);
		if (how & 4 && how >> 4 == k)
			put(&f);
	}
}

// ---- The way down: what was cut fits together again.

static void take_pieces(const struct frame *in)
{
	static struct frame out, joined;
	uint16_t n = 0, pieces = 0;

	while (world_take(&w, BACKBONE, &out)) {
		const uint8_t *p = out.b + L2_LEN;
		REQUIRE(out.n >= L2_LEN + IP6 && out.n <= L2_LEN + 1500);
		if (p[6] != FRAGMENT) // whole, or an error to somebody
			continue;
		uint16_t payload = (uint16_t)(out.n - L2_LEN - IP6 - FRAGMENT_HDR);
		REQUIRE((p[4] << 8 | p[5]) == payload + FRAGMENT_HDR && p[IP6] == IPV6);
		REQUIRE((p[IP6 + 2] << 8 | (p[IP6 + 3] & 0xf8)) == n &&
			++pieces <= MAX_PIECES_DOWN);
		memcpy(joined.b + n, p + IP6 + FRAGMENT_HDR, payload);
		n = (uint16_t)(n + payload);
		if ((p[IP6 + 3] & 1) != 0)
			continue;
		joined.n = n;
		REQUIRE(pieces > 1 && same_but_hops(&joined, 0, in));
		n = pieces = 0;
	}
	REQUIRE(n == 0);
}

static void send_down(struct reader *script)
{
	uint16_t payload = (uint16_t)(1100 + rd_u8(script));
	struct frame in = packet(CN, rd_u8(script) % 2 ? MN1 : MN2, UDP, payload);
	struct frame f = framed(CORE, in);

	turn(); // what waits goes first: nothing else is on the backbone then
	fwd_turn(w.fwd, w.now);
	world_output(&w);
	drain();
	struct rte_mbuf *m = world_mbuf(&w, &f, AT_HEAP);
	if (m == NULL)
		return;
	fwd_burst(w.fwd, CORE, &m, 1, w.now);
	fwd_flush(w.fwd);
	world_output(&w);
	take_pieces(&in);
	turn();
}

// ---- Steps.

static void take_buffers(uint8_t left)
{
	unsigned n = rte_mempool_avail_count(w.pool);

	n = n > left ? n - left : 0;
	if (rte_pktmbuf_alloc_bulk(w.pool, taken + n_taken, n) == 0)
		n_taken += n;
}

static void give_buffers(void)
{
	rte_pktmbuf_free_bulk(taken, n_taken);
	n_taken = 0;
}

enum { PIECE = 4, ALL, DOWN, TURN, PASS, LONG_PASS, TAKE, GIVE, N_STEPS };

static void step(struct reader *script)
{
	switch (rd_u8(script) % N_STEPS) {
	case ALL:
		return pieces_of_all(script);
	case DOWN:
		return send_down(script);
	case TURN:
		return turn();
	case PASS:
		w.now += rd_u8(script) * 20 * NS_MSEC;
		return turn();
	case LONG_PASS:
		w.now += rd_u8(script) * NS_SEC;
		return turn();
	case TAKE:
		return take_buffers(rd_u8(script));
	case GIVE:
		return give_buffers();
	default:
		return any_piece(script);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader script = rd_over((struct span){data, (uint16_t)size});

	if (size < 2 || size > MAX_SCRIPT)
		return 0;
	REQUIRE(world_start(&w) == 0);
	memset(colours, 0, sizeof(colours));
	n_colours = n_signalling = 0;
	uint8_t room = rd_u8(&script);
	w.conf.reassembly_packets = 1 + room % 64u;
	for (int i = 0; i < 2 && room < 192; i++)
		entry_set_mtu(w.fib, w.entries[i], 1280);
	while (rd_left(&script) > 0 && !script.failed)
		step(&script);
	turn();
	give_buffers();
	w.now += 3600 * NS_SEC; // some at a time, and the errors about them
	for (int i = 0; i < 64 && fwd_held(w.fwd) > 0; i++)
		turn();
	fwd_stop(w.fwd);
	REQUIRE(fwd_held(w.fwd) == fwd_due(w.fwd) && world_balanced(&w));
	REQUIRE(world_stop(&w));
	return 0;
}
