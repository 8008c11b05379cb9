// A small played domain, and packets as the LMA would send them on.
#pragma once

#include <string.h>

#include "test/unit/test.h"
#include "tools/load/frame.h"

enum { NODES = 8, MAGS = 4, HNP = 0x100 };

static struct node nodes[NODES] __attribute__((unused));
static struct plan played __attribute__((unused));

static struct ip6_addr address(const char *text)
{
	struct ip6_addr a;

	assert_int_equal(ip6_parse(text, &a), 0);
	return a;
}

static void __attribute__((unused)) play(void)
{
	played = (struct plan){.nodes = NODES,
			       .mags = MAGS,
			       .first_coa = address("2001:db8:b1::1"),
			       .lmaa = address("2001:db8:1a::1"),
			       .correspondent = address("2001:db8:c::2"),
			       .realm = "load.example"};
	for (uint32_t i = 0; i < NODES; i++)
		nodes[i] = (struct node){.hnp = HNP + i,
					 .mag = (uint16_t)(i % MAGS),
					 .from = NODE_NO_MAG,
					 .to = NODE_NO_MAG,
					 .state = NODE_BOUND};
}

// What comes of a frame of `size` octets that node's stream sends: tunnelled down by its MAG, or
// plain up.
struct come {
	uint8_t bytes[FRAME_MOST + FRAME_IP6];
	uint16_t n;
};

static uint8_t *__attribute__((unused)) inner_of(struct come *c, enum frame_way way)
{
	return c->bytes + (way == WAY_DOWN ? FRAME_IP6 : 0);
}

static struct come __attribute__((unused))
forwarded(enum frame_way way, uint32_t node, uint16_t size, struct stamp stamp)
{
	static const uint8_t mac[6];
	struct frame_form form = frame_form(&played, way, mac, mac);
	uint8_t frame[FRAME_MOST + FRAME_IP6];
	uint16_t inner = (uint16_t)(size - FRAME_ETHER);
	struct come c = {.n = inner};

	frame_write(frame, size, &form, &played, &nodes[node], node, stamp);
	if (way == WAY_DOWN) {
		struct ip6_addr coa = plan_coa(&played, nodes[node].mag);
		c.bytes[0] = 0x60;
		c.bytes[4] = (uint8_t)(inner >> 8);
		c.bytes[5] = (uint8_t)inner;
		c.bytes[6] = 41;
		c.bytes[7] = 64;
		memcpy(c.bytes + 8, played.lmaa.a, 16);
		memcpy(c.bytes + 24, coa.a, 16);
		c.n = (uint16_t)(c.n + FRAME_IP6);
	}
	memcpy(inner_of(&c, way), frame + form.headers - FRAME_IP6, inner);
	inner_of(&c, way)[7]--; // the hop
	return c;
}

static struct span __attribute__((unused)) span_of(const struct come *c)
{
	return (struct span){c->bytes, c->n};
}
