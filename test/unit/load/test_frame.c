// Packets written and read, and each octet that may not change.
#include "test/unit/load/played.h"

static const struct stamp stamp = {.number = 77, .time = 0xfedcba98};

static enum frame_fault look(const struct come *c, enum frame_way way)
{
	struct frame_found found;

	return frame_read(&played, nodes, way, span_of(c), &found);
}

static void what_comes_is_what_was_sent_at_every_size(void **state)
{
	struct frame_found found;

	(void)state;
	for (enum frame_way way = 0; way < N_WAYS; way++)
		for (uint16_t size = FRAME_LEAST; size <= FRAME_MOST; size++) {
			uint32_t node = size % NODES;
			struct come c = forwarded(way, node, size, stamp);
			assert_int_equal(frame_read(&played, nodes, way, span_of(&c), &found), 0);
			assert_int_equal(found.node, node);
			assert_int_equal(found.stamp.number, stamp.number);
			assert_int_equal(found.stamp.time, stamp.time);
			assert_int_equal(found.mag, way == WAY_DOWN ? node % MAGS : PLAN_NONE);
		}
}

static void an_uplink_frame_is_in_a_tunnel_of_its_nodes_mag(void **state)
{
	static const uint8_t to[6] = {2, 1}, from[6] = {2, 3};
	struct frame_form form = frame_form(&played, WAY_UP, to, from);
	uint8_t frame[200];
	struct ip6_addr coa = plan_coa(&played, 3);

	(void)state;
	assert_int_equal(frame_length(&form, 100), 140);
	frame_write(frame, 100, &form, &played, &nodes[7], 7, stamp);
	assert_memory_equal(frame, to, 6);
	assert_memory_equal(frame + 6, from, 6);
	assert_memory_equal(frame + 12, ((uint8_t[]){0x86, 0xdd, 0x60, 0, 0, 0, 0, 86, 41, 64}),
			    10);
	assert_memory_equal(frame + 22, coa.a, 16);
	assert_memory_equal(frame + 38, played.lmaa.a, 16);
}

// What the LMA may choose or a host may set: traffic class and flow label, the outer hop limit.
static bool is_free(enum frame_way way, uint16_t at)
{
	bool outer = at > 0 && at < 4;

	return way == WAY_UP ? outer : outer || at == 7 || (at > FRAME_IP6 && at < FRAME_IP6 + 4);
}

static void each_octet_that_is_changed_is_noticed(void **state)
{
	(void)state;
	for (enum frame_way way = 0; way < N_WAYS; way++)
		for (uint16_t size = FRAME_LEAST; size <= 1400; size = (uint16_t)(size + 668)) {
			struct come whole = forwarded(way, 5, size, stamp);
			for (uint16_t i = 0; i < whole.n; i++) {
				struct come c = whole;
				c.bytes[i] ^= 0x41; // another MAG's last octet it is not either
				if (!is_free(way, i) && look(&c, way) == FAULT_NONE)
					fail_msg("%s, %u octets: octet %u", frame_way_name(way),
						 size, i);
			}
		}
}

static void what_is_wrong_is_said_by_name(void **state)
{
	struct come c = forwarded(WAY_DOWN, 1, 100, stamp);

	(void)state;
	c.bytes[24 + 15] = 0; // no MAG of ours
	assert_int_equal(look(&c, WAY_DOWN), FAULT_TUNNEL);
	c = forwarded(WAY_DOWN, 1, 100, stamp);
	c.bytes[8] ^= 1; // not the LMA
	assert_int_equal(look(&c, WAY_DOWN), FAULT_TUNNEL);
	c = forwarded(WAY_DOWN, 1, 100, stamp);
	c.bytes[FRAME_IP6 + 8] ^= 1; // not the correspondent
	assert_int_equal(look(&c, WAY_DOWN), FAULT_ADDRESS);
	c = forwarded(WAY_UP, 1, 100, stamp);
	c.bytes[8 + 15] = NODES + 1; // no node
	assert_int_equal(look(&c, WAY_UP), FAULT_ADDRESS);
	c = forwarded(WAY_UP, 1, 100, stamp);
	c.bytes[8 + 7] ^= 1; // another node's prefix
	assert_int_equal(look(&c, WAY_UP), FAULT_PREFIX);
	c = forwarded(WAY_UP, 1, 100, stamp);
	c.bytes[7]++; // not one less
	assert_int_equal(look(&c, WAY_UP), FAULT_HOP_LIMIT);
	c = forwarded(WAY_UP, 1, 100, stamp);
	c.bytes[c.n - 1]++;
	assert_int_equal(look(&c, WAY_UP), FAULT_PAYLOAD);
}

static void another_nodes_payload_is_noticed(void **state)
{
	struct come a = forwarded(WAY_DOWN, 1, 64, stamp), b = forwarded(WAY_DOWN, 5, 64, stamp);

	(void)state; // both at one MAG: only who it is for differs
	memcpy(a.bytes + 2 * FRAME_IP6, b.bytes + 2 * FRAME_IP6, STAMP_LEN);
	assert_int_equal(look(&a, WAY_DOWN), FAULT_PAYLOAD);
}

static void a_packet_that_is_cut_is_none(void **state)
{
	(void)state;
	for (enum frame_way way = 0; way < N_WAYS; way++) {
		struct come c = forwarded(way, 3, 80, stamp);
		for (; c.n > 0; c.n--)
			if (c.n < 80 - FRAME_ETHER + (way == WAY_DOWN ? FRAME_IP6 : 0))
				assert_int_equal(look(&c, way), FAULT_SHAPE);
	}
}

static void one_that_grew_is_none(void **state)
{
	struct come c = forwarded(WAY_UP, 3, 64, stamp);

	(void)state;
	c.n++;
	assert_int_equal(look(&c, WAY_UP), FAULT_SHAPE);
	c.bytes[5]++; // its header says so, too
	assert_int_equal(look(&c, WAY_UP), FAULT_PAYLOAD);
}

static int fresh(void **state)
{
	(void)state;
	play();
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_comes_is_what_was_sent_at_every_size, fresh),
		cmocka_unit_test_setup(an_uplink_frame_is_in_a_tunnel_of_its_nodes_mag, fresh),
		cmocka_unit_test_setup(each_octet_that_is_changed_is_noticed, fresh),
		cmocka_unit_test_setup(what_is_wrong_is_said_by_name, fresh),
		cmocka_unit_test_setup(another_nodes_payload_is_noticed, fresh),
		cmocka_unit_test_setup(a_packet_that_is_cut_is_none, fresh),
		cmocka_unit_test_setup(one_that_grew_is_none, fresh),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
