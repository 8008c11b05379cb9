// Reading and writing of neighbour discovery, each a mirror of the figures of RFC 4861 section 4.
#include "wire/nd.h"

#include "wire/checksum.h"

enum { IP6_HEADER = 40, ICMPV6 = 58, OPTION_UNIT = 8 };
enum { OPT_SOURCE_LL = 1, OPT_TARGET_LL = 2, OPT_PREFIX = 3, OPT_MTU = 5 };
enum { PREFIX_ON_LINK = 0x80, PREFIX_AUTONOMOUS = 0x40, RA_MANAGED = 0x80, RA_OTHER = 0x40 };

static struct ip6_addr read_addr(struct span packet, unsigned at)
{
	struct ip6_addr a;

	memcpy(a.a, packet.p + at, sizeof(a.a));
	return a;
}

// RFC 4861 6.1, 7.1: every option has a length, none is zero; the first link-layer address counts.
static bool read_options(struct reader *r, uint8_t wanted, struct nd_message *m)
{
	while (!r->failed && rd_left(r) > 0) {
		uint8_t type = rd_u8(r);
		size_t len = rd_u8(r) * (size_t)OPTION_UNIT;
		if (len == 0)
			return false;
		struct span body = rd_bytes(r, len - 2);
		if (type != wanted || r->failed || m->has_mac)
			continue;
		m->has_mac = true;
		memcpy(m->mac, body.p, ND_MAC);
	}
	return !r->failed;
}

static bool is_solicited_node(struct ip6_addr a)
{
	static const uint8_t group[13] = {0xff, 2, [11] = 1, 0xff};

	return memcmp(a.a, group, sizeof(group)) == 0;
}

// What RFC 4861 says of source and destination of each message.
static bool addresses_fit(const struct nd_message *m)
{
	bool anonymous = ip6_is_zero(m->src);

	switch (m->type) {
	case ND_RS: // 6.1.1
		return !(anonymous && m->has_mac);
	case ND_NS: // 7.1.1
		if (ip6_is_multicast(m->target))
			return false;
		return !anonymous || (is_solicited_node(m->dst) && !m->has_mac);
	default: // 7.1.2
		if (ip6_is_multicast(m->target))
			return false;
		return !ip6_is_multicast(m->dst) || (m->flags & ND_NA_SOLICITED) == 0;
	}
}

bool nd_parse(struct span packet, struct nd_message *out)
{
	if (packet.n < IP6_HEADER || packet.p[0] >> 4 != 6 || packet.p[6] != ICMPV6 ||
	    packet.p[7] != ND_HOP_LIMIT)
		return false;
	uint16_t len = (uint16_t)(packet.p[4] << 8 | packet.p[5]);
	if (len > packet.n - IP6_HEADER)
		return false;
	struct span icmp = {packet.p + IP6_HEADER, len};
	struct nd_message m = {.src = read_addr(packet, 8), .dst = read_addr(packet, 24)};
	if (ip6_is_multicast(m.src) || ip6_checksum(m.src, m.dst, ICMPV6, icmp) != 0)
		return false;

	struct reader r = rd_over(icmp);
	uint8_t type = rd_u8(&r), code = rd_u8(&r), wanted = OPT_SOURCE_LL;
	rd_u16(&r);
	uint32_t word = rd_u32(&r);
	if (code != 0 || (type != ND_RS && type != ND_NS && type != ND_NA))
		return false;
	m.type = type;
	if (type != ND_RS)
		m.target = rd_addr6(&r);
	if (type == ND_NA) {
		m.flags = (uint8_t)(word >> 24);
		wanted = OPT_TARGET_LL;
	}
	if (r.failed || !read_options(&r, wanted, &m) || !addresses_fit(&m))
		return false;
	*out = m;
	return true;
}

// ---- Writing: the IPv6 header first, its length and the checksum when the rest is there.

static void begin(struct writer *w, struct ip6_addr src, struct ip6_addr dst, enum nd_type type,
		  uint32_t word)
{
	wr_u32(w, 0x60000000);
	wr_u16(w, 0);
	wr_u8(w, ICMPV6);
	wr_u8(w, ND_HOP_LIMIT);
	wr_addr6(w, src);
	wr_addr6(w, dst);
	wr_u8(w, (uint8_t)type);
	wr_u8(w, 0);
	wr_u16(w, 0);
	wr_u32(w, word);
}

static void put_mac(struct writer *w, uint8_t option, const uint8_t mac[ND_MAC])
{
	wr_u8(w, option);
	wr_u8(w, 1);
	wr_bytes(w, mac, ND_MAC);
}

static size_t seal(struct writer *w, struct ip6_addr src, struct ip6_addr dst)
{
	size_t len = wr_len(w);

	if (w->failed || len > UINT16_MAX)
		return 0;
	uint8_t *packet = w->start;
	struct span icmp = {packet + IP6_HEADER, (uint16_t)(len - IP6_HEADER)};
	packet[4] = (uint8_t)(icmp.n >> 8);
	packet[5] = (uint8_t)icmp.n;
	uint16_t sum = ip6_checksum(src, dst, ICMPV6, icmp);
	packet[IP6_HEADER + 2] = (uint8_t)(sum >> 8);
	packet[IP6_HEADER + 3] = (uint8_t)sum;
	return len;
}

static void put_prefix(struct writer *w, const struct nd_prefix *p)
{
	wr_u8(w, OPT_PREFIX);
	wr_u8(w, 4);
	wr_u8(w, p->prefix.len);
	wr_u8(w, (uint8_t)((p->on_link ? PREFIX_ON_LINK : 0) |
			   (p->autonomous ? PREFIX_AUTONOMOUS : 0)));
	wr_u32(w, p->valid_s);
	wr_u32(w, p->preferred_s);
	wr_u32(w, 0);
	wr_addr6(w, p->prefix.addr);
}

size_t nd_ra_emit(void *buf, size_t room, const struct nd_advert *a)
{
	uint32_t flags = (a->managed ? RA_MANAGED : 0u) | (a->other ? RA_OTHER : 0u);
	struct writer w = wr_over(buf, room);

	begin(&w, a->src, a->dst, ND_RA,
	      (uint32_t)a->hop_limit << 24 | flags << 16 | a->router_lifetime_s);
	wr_u32(&w, 0); // reachable time: the host's own
	wr_u32(&w, 0); // retransmission timer: the same
	put_mac(&w, OPT_SOURCE_LL, a->mac);
	if (a->mtu != 0) {
		wr_u8(&w, OPT_MTU);
		wr_u8(&w, 1);
		wr_u16(&w, 0);
		wr_u32(&w, a->mtu);
	}
	for (uint32_t i = 0; i < a->n_prefixes; i++)
		put_prefix(&w, &a->prefixes[i]);
	return seal(&w, a->src, a->dst);
}

size_t nd_na_emit(void *buf, size_t room, struct ip6_addr src, struct ip6_addr dst,
		  struct ip6_addr target, uint8_t flags, const uint8_t mac[ND_MAC])
{
	struct writer w = wr_over(buf, room);

	begin(&w, src, dst, ND_NA, (uint32_t)flags << 24);
	wr_addr6(&w, target);
	put_mac(&w, OPT_TARGET_LL, mac);
	return seal(&w, src, dst);
}

size_t nd_ns_emit(void *buf, size_t room, struct ip6_addr src, struct ip6_addr dst,
		  struct ip6_addr target, const uint8_t mac[ND_MAC])
{
	struct writer w = wr_over(buf, room);

	begin(&w, src, dst, ND_NS, 0);
	wr_addr6(&w, target);
	put_mac(&w, OPT_SOURCE_LL, mac);
	return seal(&w, src, dst);
}

struct ip6_addr nd_link_local_of(const uint8_t mac[ND_MAC])
{
	struct ip6_addr a = {{0xfe, 0x80}};

	memcpy(a.a + 8, mac, 3);
	a.a[8] ^= 0x02;
	a.a[11] = 0xff;
	a.a[12] = 0xfe;
	memcpy(a.a + 13, mac + 3, 3);
	return a;
}
