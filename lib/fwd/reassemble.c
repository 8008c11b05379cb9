// Whose datagram, which piece of it, and the whole one when nothing is missing.
#include "fwd/reassemble.h"

#include <errno.h>
#include <string.h>

#include <rte_malloc.h>

#include "fwd/stage.h"
#include "wire/icmp6.h"

enum { NONE = UINT16_MAX, NEXT_MOBILITY = 135, OFFSET_MASK = 0xfff8, MORE = 1 };
enum { PAYLOAD_LEN_AT = 4, OFFSET_AT = 2, EXPIRIES_A_TURN = 8, NO_PLACE = UINT8_MAX };

static const struct refusal reassembly_time = {ICMP6_TIME_EXCEEDED, ICMP6_REASSEMBLY, 0};

// ---- Tables.

static int make(struct datagrams *t, uint16_t n, int socket)
{
	*t = (struct datagrams){.n = n, .oldest = NONE, .newest = NONE};
	t->v = rte_zmalloc_socket("datagrams", n * sizeof(*t->v), 0, socket);
	return t->v != NULL ? 0 : -ENOMEM;
}

int reassembly_init(struct reassembly *r, int socket)
{
	*r = (struct reassembly){0};
	int rc = make(&r->tunnel, TUNNEL_DATAGRAMS, socket);

	return rc != 0 ? rc : make(&r->signalling, SIGNALLING_DATAGRAMS, socket);
}

static void free_all(struct datagrams *t)
{
	for (uint16_t i = 0; t->v != NULL && i < t->n; i++)
		for (uint8_t k = 0; k < t->v[i].n; k++)
			rte_pktmbuf_free(t->v[i].v[k].m);
	rte_free(t->v);
	*t = (struct datagrams){0};
}

void reassembly_done(struct reassembly *r)
{
	free_all(&r->tunnel);
	free_all(&r->signalling);
}

static void unlink_datagram(struct datagrams *t, struct datagram *d)
{
	*(d->older != NONE ? &t->v[d->older].newer : &t->oldest) = d->newer;
	*(d->newer != NONE ? &t->v[d->newer].older : &t->newest) = d->older;
	d->n = 0;
}

static void link_newest(struct datagrams *t, struct datagram *d)
{
	uint16_t i = (uint16_t)(d - t->v);

	d->older = t->newest;
	d->newer = NONE;
	*(t->newest != NONE ? &t->v[t->newest].newer : &t->oldest) = i;
	t->newest = i;
}

// Every piece is lost for this reason.
static void lose(struct fwd *f, struct datagrams *t, struct datagram *d, enum verdict why)
{
	for (uint8_t i = 0; i < d->n; i++)
		fwd_drop(f, d->v[i].m, why);
	t->held -= d->n;
	unlink_datagram(t, d);
}

// RFC 8200 4.5: the source learns of it if it was the first piece that came.
static void time_out(struct fwd *f, struct datagrams *t, struct datagram *d)
{
	if (d->v[0].at == 0) {
		struct pkt first = {.m = d->v[0].m, .port = d->port};
		fwd_refuse(f, &first, V_DROP_FRAGMENT_TIMEOUT, reassembly_time);
		d->n--;
		t->held--;
		memmove(d->v, d->v + 1, d->n * sizeof(d->v[0]));
	}
	lose(f, t, d, V_DROP_FRAGMENT_TIMEOUT);
}

static void expire(struct fwd *f, struct datagrams *t)
{
	for (int i = 0; i < EXPIRIES_A_TURN && t->oldest != NONE; i++) {
		if (t->v[t->oldest].until > f->now)
			return;
		time_out(f, t, &t->v[t->oldest]);
	}
}

void fwd_expire_fragments(struct fwd *f)
{
	expire(f, &f->reassembly.tunnel);
	expire(f, &f->reassembly.signalling);
}

void fwd_drop_fragments(struct fwd *f)
{
	struct datagrams *tables[] = {&f->reassembly.tunnel, &f->reassembly.signalling};

	for (size_t i = 0; i < 2; i++)
		while (tables[i]->oldest != NONE)
			lose(f, tables[i], &tables[i]->v[tables[i]->oldest],
			     V_DROP_FRAGMENT_TIMEOUT);
}

// ---- One fragment.

struct fragment {
	uint64_t hash;
	uint32_t id;
	uint16_t at, n;
	uint8_t next;
	bool more;
};

static bool read_fragment(const struct fwd *f, const struct pkt *p, struct fragment *out)
{
	struct span packet = ip6_span(p->m);
	struct reader r = {packet.p + p->offset, packet.p + packet.n, false};
	struct {
		struct ip6_addr src, dst;
		uint32_t id;
	} key = {ip6_of(p->m)->src, ip6_of(p->m)->dst, 0};

	out->next = rd_u8(&r);
	rd_u8(&r);
	uint16_t word = rd_u16(&r);
	out->id = key.id = rd_u32(&r);
	out->at = word & OFFSET_MASK;
	out->more = (word & MORE) != 0;
	out->n = (uint16_t)rd_left(&r);
	out->hash = siphash(f->common_key, &key, sizeof(key));
	return !r.failed;
}

static struct datagram *find(struct datagrams *t, const struct pkt *p, const struct fragment *g)
{
	const struct ip6_hdr_bytes *h = ip6_of(p->m);
	uint16_t first = (uint16_t)(g->hash % (t->n / DATAGRAM_WAYS) * DATAGRAM_WAYS);

	for (uint16_t i = first; i < first + DATAGRAM_WAYS; i++) {
		struct datagram *d = &t->v[i];
		if (d->n > 0 && d->id == g->id && ip6_equal(d->src, h->src) &&
		    ip6_equal(d->dst, h->dst))
			return d;
	}
	return NULL;
}

// A free place in its bucket, or that of the oldest there.
static struct datagram *make_place(struct fwd *f, struct datagrams *t, const struct fragment *g)
{
	uint16_t first = (uint16_t)(g->hash % (t->n / DATAGRAM_WAYS) * DATAGRAM_WAYS);
	struct datagram *oldest = &t->v[first];

	for (uint16_t i = first; i < first + DATAGRAM_WAYS; i++) {
		if (t->v[i].n == 0)
			return &t->v[i];
		if (t->v[i].until < oldest->until)
			oldest = &t->v[i];
	}
	lose(f, t, oldest, V_DROP_FRAGMENT_FULL);
	return oldest;
}

static struct datagram *begin(struct fwd *f, struct datagrams *t, const struct pkt *p,
			      const struct fragment *g)
{
	struct datagram *d = make_place(f, t, g);
	unsigned wait_s = t == &f->reassembly.tunnel ? TUNNEL_WAIT_S : SIGNALLING_WAIT_S;

	d->src = ip6_of(p->m)->src;
	d->dst = ip6_of(p->m)->dst;
	d->id = g->id;
	d->port = p->port;
	d->bytes = d->total = 0;
	d->until = f->now + wait_s * NS_SEC;
	link_newest(t, d);
	return d;
}

// Where the piece goes among those that are there. NO_PLACE: it overlaps one of them, or
// contradicts the end (RFC 5722: then nothing of the datagram may be used).
static uint8_t place_of(const struct datagram *d, const struct fragment *g)
{
	uint32_t end = (uint32_t)g->at + g->n;
	uint8_t i = 0;

	while (i < d->n && d->v[i].at < g->at)
		i++;
	if (i > 0 && d->v[i - 1].at + d->v[i - 1].n > g->at)
		return NO_PLACE;
	if (i < d->n && d->v[i].at < end)
		return NO_PLACE;
	if (d->total != 0 && (!g->more || end > d->total))
		return NO_PLACE;
	if (!g->more && i < d->n)
		return NO_PLACE;
	return i;
}

static bool is_double(const struct datagram *d, const struct fragment *g)
{
	for (uint8_t i = 0; i < d->n; i++)
		if (d->v[i].at == g->at && d->v[i].n == g->n)
			return g->more == (d->total != (uint32_t)g->at + g->n);
	return false;
}

// ---- The whole one.

// The octet that says what follows the headers in front of the fragment header.
static uint8_t *next_header_before(uint8_t *packet, uint16_t fragment_at)
{
	uint8_t *next = packet + offsetof(struct ip6_hdr_bytes, next_header);

	for (uint16_t at = IP6_HDR; at < fragment_at;
	     at = (uint16_t)(at + (packet[at + 1] + 1) * 8))
		next = packet + at;
	return next;
}

// RFC 3168 5.3: a mark on any piece is one on the whole, if it can carry one. False: it cannot.
static bool join_ecn(const struct datagram *d, struct ip6_hdr_bytes *whole)
{
	bool marked = false, blind = false;

	for (uint8_t i = 0; i < d->n; i++) {
		uint8_t ecn = ip6_class(ip6_of(d->v[i].m)) & ECN_MASK;
		marked |= ecn == ECN_CE;
		blind |= ecn == ECN_NOT_ECT;
	}
	if (marked)
		ip6_set_ecn(whole, ECN_CE);
	return !marked || !blind;
}

// Copies the pieces behind the headers of the first one. NULL: no buffer.
static struct rte_mbuf *join(struct fwd *f, const struct datagram *d)
{
	const struct piece *first = &d->v[0];
	uint16_t head = (uint16_t)(first->skip - FRAGMENT_HDR);
	struct rte_mbuf *m = rte_pktmbuf_alloc(f->pool);
	uint8_t *packet =
		m != NULL ? (uint8_t *)rte_pktmbuf_append(m, (uint16_t)(head + d->total)) : NULL;

	if (packet == NULL) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	const uint8_t *from = rte_pktmbuf_mtod(first->m, const uint8_t *);
	memcpy(packet, from, head);
	*next_header_before(packet, head) = from[head];
	for (uint8_t i = 0; i < d->n; i++)
		memcpy(packet + head + d->v[i].at,
		       rte_pktmbuf_mtod_offset(d->v[i].m, const uint8_t *, d->v[i].skip),
		       d->v[i].n);
	uint16_t payload = (uint16_t)(head - IP6_HDR + d->total);
	packet[PAYLOAD_LEN_AT] = (uint8_t)(payload >> 8);
	packet[PAYLOAD_LEN_AT + 1] = (uint8_t)payload;
	return m;
}

// Nothing is missing: one packet for all its pieces.
static void finish(struct fwd *f, struct datagrams *t, struct datagram *d, struct pkt p)
{
	struct rte_mbuf *whole = join(f, d);

	if (whole == NULL)
		return lose(f, t, d, V_DROP_NO_MBUF);
	if (!join_ecn(d, ip6_of(whole))) {
		rte_pktmbuf_free(whole); // never counted: its pieces are
		return lose(f, t, d, V_DROP_ECN);
	}
	for (uint8_t i = 0; i < d->n; i++) {
		rte_pktmbuf_free(d->v[i].m);
		if (i > 0)
			fwd_count(f, V_MERGED_FRAGMENT);
	}
	t->held -= d->n;
	unlink_datagram(t, d);
	p.m = whole;
	fwd_sort_again(f, &p);
}

// ---- What becomes of a fragment.

// How long a datagram may be, headers in front of it left out.
static uint32_t longest(const struct fwd *f, const struct datagrams *t, const struct pkt *p)
{
	uint32_t room = rte_pktmbuf_data_room_size(f->pool) - RTE_PKTMBUF_HEADROOM;
	uint32_t most = room > p->offset ? room - p->offset : 0;

	return t == &f->reassembly.signalling ? RTE_MIN(most, (uint32_t)SIGNALLING_MAX) : most;
}

// RFC 8200 4.5: what no honest source sends. True: it is dropped, and its source told.
static bool refuse_malformed(struct fwd *f, struct pkt *p, const struct fragment *g)
{
	struct refusal r = {ICMP6_PARAMETER_PROBLEM, ICMP6_ERRONEOUS_FIELD, PAYLOAD_LEN_AT};

	if (g->n > 0 && (!g->more || g->n % 8 == 0)) {
		if ((uint32_t)p->offset - IP6_HDR + g->at + g->n <= UINT16_MAX)
			return false;
		r.param = (uint32_t)p->offset + OFFSET_AT;
	}
	fwd_refuse(f, p, V_DROP_FRAGMENT, r);
	return true;
}

// For one more packet; the oldest go, but not those of `d`, to which it belongs. False: there is
// none.
static bool make_room(struct fwd *f, struct datagrams *t, const struct datagram *d)
{
	uint32_t most = t == &f->reassembly.signalling ? (uint32_t)SIGNALLING_PACKETS
						       : f->conf->reassembly_packets;

	while (t->held >= most) {
		uint16_t i = t->oldest;
		if (i != NONE && &t->v[i] == d)
			i = d->newer;
		if (i == NONE)
			return false;
		lose(f, t, &t->v[i], V_DROP_FRAGMENT_FULL);
	}
	return true;
}

static void keep(struct fwd *f, struct datagrams *t, struct pkt *p, const struct fragment *g)
{
	struct datagram *d = find(t, p, g);

	if ((uint32_t)g->at + g->n > longest(f, t, p)) {
		if (d != NULL)
			lose(f, t, d, V_DROP_FRAGMENT_LONG);
		return fwd_drop(f, p->m, V_DROP_FRAGMENT_LONG);
	}
	if (d != NULL && is_double(d, g))
		return fwd_drop(f, p->m, V_DROP_FRAGMENT);
	uint8_t i = d != NULL ? place_of(d, g) : 0;
	if (i == NO_PLACE || (d != NULL && d->n == DATAGRAM_PIECES)) {
		enum verdict why = i == NO_PLACE ? V_DROP_FRAGMENT : V_DROP_FRAGMENT_FULL;
		lose(f, t, d, why);
		return fwd_drop(f, p->m, why);
	}
	if (!make_room(f, t, d))
		return fwd_drop(f, p->m, V_DROP_FRAGMENT_FULL);
	if (d == NULL)
		d = begin(f, t, p, g);
	memmove(&d->v[i + 1], &d->v[i], (d->n - i) * sizeof(d->v[0]));
	d->v[i] = (struct piece){p->m, g->at, g->n, (uint16_t)(p->offset + FRAGMENT_HDR)};
	d->n++;
	t->held++;
	d->bytes += g->n;
	if (!g->more)
		d->total = (uint32_t)g->at + g->n;
	if (d->bytes == d->total)
		finish(f, t, d, *p);
}

// RFC 6946: it is whole already.
static void take_atomic(struct fwd *f, struct pkt *p, const struct fragment *g)
{
	uint8_t *packet = rte_pktmbuf_mtod(p->m, uint8_t *);
	uint16_t payload = (uint16_t)(rte_pktmbuf_data_len(p->m) - FRAGMENT_HDR - IP6_HDR);

	*next_header_before(packet, p->offset) = g->next;
	memmove(packet + FRAGMENT_HDR, packet, p->offset);
	packet = (uint8_t *)rte_pktmbuf_adj(p->m, FRAGMENT_HDR);
	packet[PAYLOAD_LEN_AT] = (uint8_t)(payload >> 8);
	packet[PAYLOAD_LEN_AT + 1] = (uint8_t)payload;
	fwd_sort_again(f, p);
}

static void take(struct fwd *f, struct pkt *p, const struct fragment *g)
{
	bool is_signalling = g->next == NEXT_MOBILITY;

	if (!is_signalling && peer_find(f->fib, ip6_of(p->m)->src) == 0)
		return fwd_drop(f, p->m, V_DROP_UNKNOWN_TUNNEL);
	if (refuse_malformed(f, p, g))
		return;
	if (g->at == 0 && !g->more)
		return take_atomic(f, p, g);
	keep(f, is_signalling ? &f->reassembly.signalling : &f->reassembly.tunnel, p, g);
}

void fwd_reassemble(struct fwd *f)
{
	struct lane *in = &f->fragments;

	for (uint16_t i = 0; i < in->n; i++) {
		struct pkt *p = &in->p[i];
		struct fragment g;
		if (!read_fragment(f, p, &g)) {
			fwd_drop(f, p->m, V_DROP_TRUNCATED);
			continue;
		}
		unsigned owner =
			f->n_workers > 1 ? (unsigned)(g.hash >> 32) % f->n_workers : f->worker;
		if (owner != f->worker)
			fwd_put_aside(f, p, owner);
		else
			take(f, p, &g);
	}
	in->n = 0;
	fwd_hand_over(f, f->fragment_rings);
}
