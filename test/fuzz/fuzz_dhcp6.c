// DHCPv6 of anybody on an access link, and of a server: parsing is total, what is taken keeps its
// promises, and what goes out comes back the same.
//
// Octet 0 chooses: 0 a node's packet as it is, 1 with a right length and checksum, 2 a server's
// payload, 3 a message for a client.
#include "test/fuzz/fuzz.h"

#include "wire/checksum.h"
#include "wire/dhcp6.h"

enum { IP6 = 40, UDP = 17, UDP_HEADER = 8, MAX = 2048, ROOM = 4096 };
enum { FORWARD_HEADER = 34, FORWARD_OPTIONS = 12 + 12 + 4 };

static const struct ip6_addr router = {{0xfe, 0x80, [8] = 2, 0, 0x5e, 0xff, 0xfe, 0, 0x52, 0x13}};
static const uint8_t id[8] = {0, 1, 2, 0, 0, 0, 0, 1};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static struct ip6_addr addr_at(const uint8_t *p)
{
	struct ip6_addr a;

	memcpy(a.a, p, sizeof(a.a));
	return a;
}

// Most inputs fail at a length or the checksum alone.
static void seal(uint8_t *p, size_t n)
{
	if (n < IP6 + UDP_HEADER)
		return;
	uint16_t len = (uint16_t)(n - IP6);
	uint8_t *udp = p + IP6;
	p[4] = udp[4] = (uint8_t)(len >> 8);
	p[5] = udp[5] = (uint8_t)len;
	udp[6] = udp[7] = 0;
	uint16_t sum = ip6_checksum(addr_at(p + 8), addr_at(p + 24), UDP, (struct span){udp, len});
	udp[6] = (uint8_t)(sum >> 8);
	udp[7] = (uint8_t)sum;
}

static void look_at_leases(struct span message)
{
	struct dhcp6_leases all;

	if (dhcp6_leases_parse(message, &all) != DHCP6_OK)
		return;
	REQUIRE(all.n <= DHCP6_MAX_LEASES && all.n * 28u <= message.n);
	for (uint32_t i = 0; i < all.n; i++) {
		const struct dhcp6_lease *l = &all.leases[i];
		REQUIRE(l->valid_s > 0 && l->prefix.len <= 128);
		REQUIRE(ip6_equal(ip6_mask(l->prefix.addr, l->prefix.len), l->prefix.addr));
	}
}

// A packet for the node is one that a receiver takes.
static void look_at_packet(struct ip6_addr dst, struct span message)
{
	static uint8_t buf[ROOM];
	size_t n = dhcp6_answer_emit(buf, sizeof(buf), router, dst, message);

	REQUIRE(n == IP6 + UDP_HEADER + (size_t)message.n);
	REQUIRE(ip6_checksum(router, dst, UDP, (struct span){buf + IP6, (uint16_t)(n - IP6)}) == 0);
	REQUIRE(message.n == 0 || memcmp(buf + IP6 + UDP_HEADER, message.p, message.n) == 0);
}

static void look_at_answer(struct span payload)
{
	struct dhcp6_answer a;

	if (dhcp6_answer_parse(payload, &a) != DHCP6_OK)
		return;
	REQUIRE(a.type == DHCP6_ADVERTISE || a.type == DHCP6_REPLY || a.type == DHCP6_RECONFIGURE);
	REQUIRE(a.message.p > payload.p && a.message.p + a.message.n <= payload.p + payload.n);
	REQUIRE(a.interface_id.p > payload.p);
	REQUIRE(a.interface_id.p + a.interface_id.n <= payload.p + payload.n);
	look_at_leases(a.message);
	look_at_packet(a.peer, a.message);
}

// A server that gives back what it got, as a reply.
static void look_at_forward(const struct dhcp6_request *q)
{
	static uint8_t buf[ROOM];
	struct dhcp6_forward f = {.link = q->src,
				  .peer = q->src,
				  .interface_id = {id, sizeof(id)},
				  .message = q->message};
	struct dhcp6_answer a;
	size_t n = dhcp6_forward_emit(buf, sizeof(buf), &f);

	REQUIRE(n == FORWARD_HEADER + FORWARD_OPTIONS + (size_t)q->message.n);
	buf[0] = DHCP6_RELAY_REPL;
	buf[FORWARD_HEADER + FORWARD_OPTIONS] = DHCP6_REPLY;
	REQUIRE(dhcp6_answer_parse((struct span){buf, (uint16_t)n}, &a) == DHCP6_OK);
	REQUIRE(ip6_equal(a.link, q->src) && ip6_equal(a.peer, q->src));
	REQUIRE(span_equal(a.interface_id, f.interface_id));
	REQUIRE(a.message.n == q->message.n);
	REQUIRE(memcmp(a.message.p + 1, q->message.p + 1, q->message.n - 1u) == 0);
}

static void look_at_request(struct span packet)
{
	struct dhcp6_request q;

	if (dhcp6_request_parse(packet, router, &q) != DHCP6_OK)
		return;
	REQUIRE(q.type != DHCP6_RELAY_FORW && q.type != DHCP6_RELAY_REPL);
	REQUIRE(q.type != DHCP6_ADVERTISE && q.type != DHCP6_REPLY);
	REQUIRE(ip6_is_link_local(q.src));
	REQUIRE(q.message.p == packet.p + IP6 + UDP_HEADER && q.message.n >= 4);
	REQUIRE(q.message.p + q.message.n <= packet.p + packet.n);
	look_at_forward(&q);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 || size > MAX)
		return 0;
	size_t n = size - 1;
	uint8_t *p = malloc(n > 0 ? n : 1); // ends where the input ends
	REQUIRE(p != NULL);
	if (n > 0)
		memcpy(p, data + 1, n);
	struct span input = {p, (uint16_t)n};
	switch (data[0] & 3) {
	case 1:
		seal(p, n);
		look_at_request(input);
		break;
	case 2:
		look_at_answer(input);
		break;
	case 3:
		look_at_leases(input);
		break;
	default:
		look_at_request(input);
	}
	free(p);
	return 0;
}
