// Messages of the played MAGs, read back.
#include "test/unit/load/played.h"
#include "tools/load/pbu.h"

static uint8_t packet[512];

static struct mh read_back(size_t n, struct ip6_addr *src)
{
	struct ip6_addr dst;
	struct mh mh;

	assert_true(n > FRAME_IP6);
	assert_int_equal(packet[0], 0x60);
	assert_int_equal(packet[4] << 8 | packet[5], n - FRAME_IP6);
	assert_int_equal(packet[6], MH_NEXT_HEADER);
	memcpy(src->a, packet + 8, 16);
	memcpy(dst.a, packet + 24, 16);
	assert_true(ip6_equal(dst, played.lmaa));
	struct span body = {packet + FRAME_IP6, (uint16_t)(n - FRAME_IP6)};
	assert_int_equal(mh_parse(body, *src, dst, &mh), MH_OK);
	assert_int_equal(mh.opts.unknown + mh.opts.repeated, 0);
	return mh;
}

static void a_pbu_has_what_rfc_5213_wants_in_it(void **state)
{
	const struct pbu u = {.node = 5,
			      .mag = 3,
			      .seq = 4711,
			      .lifetime_s = 3600,
			      .handoff = HI_BETWEEN_MAGS,
			      .access_technology = 4,
			      .wall_q16 = 0x123456789abc};
	struct ip6_addr src;

	(void)state;
	struct mh mh = read_back(pbu_emit(packet, sizeof(packet), &played, &u), &src);
	assert_true(ip6_equal(src, plan_coa(&played, 3)));
	assert_int_equal(mh.type, MH_BU);
	assert_int_equal(mh.bu.seq, 4711);
	assert_int_equal(mh.bu.flags, BU_A | BU_P);
	assert_int_equal(mh.bu.lifetime_4s, 900);
	assert_int_equal(plan_node_of_nai(&played, mh_find(&mh, OPT_MN_ID)->mn_id.id), 5);
	assert_int_equal(mh_find(&mh, OPT_MN_ID)->mn_id.subtype, MN_ID_NAI);
	assert_true(ip6_is_zero(mh_find(&mh, OPT_HNP)->hnp.prefix));
	assert_int_equal(mh_find(&mh, OPT_HANDOFF)->handoff.indicator, HI_BETWEEN_MAGS);
	assert_int_equal(mh_find(&mh, OPT_ACCESS)->access.tech, 4);
	assert_memory_equal(mh_find(&mh, OPT_LL_ID)->ll_id.id.p, ((uint8_t[]){2, 0, 0, 0, 0, 5}),
			    6);
	assert_true(mh_find(&mh, OPT_TIMESTAMP)->timestamp.wall_q16 == 0x123456789abc);
}

static void a_de_registration_names_the_prefix(void **state)
{
	const struct pbu u = {
		.node = 5, .mag = 3, .hnp = ip6_prefix_of(address("2001:db8:8000:5::"), 64)};
	struct ip6_addr src;

	(void)state;
	struct mh mh = read_back(pbu_emit(packet, sizeof(packet), &played, &u), &src);
	assert_int_equal(mh.bu.lifetime_4s, 0);
	assert_true(ip6_equal(mh_find(&mh, OPT_HNP)->hnp.prefix, address("2001:db8:8000:5::")));
	assert_int_equal(mh_find(&mh, OPT_HNP)->hnp.prefix_len, 64);
}

static void the_longest_name_fits_and_too_little_room_is_said(void **state)
{
	const struct pbu u = {.node = NODES - 1, .mag = 1, .lifetime_s = 262140};
	struct ip6_addr src;

	(void)state;
	memset(played.realm, 'x', PLAN_REALM - 1);
	size_t n = pbu_emit(packet, sizeof(packet), &played, &u);
	struct mh mh = read_back(n, &src);
	assert_int_equal(plan_node_of_nai(&played, mh_find(&mh, OPT_MN_ID)->mn_id.id), NODES - 1);
	for (size_t room = 0; room < n; room++)
		assert_int_equal(pbu_emit(packet, room, &played, &u), 0);
}

static void a_heartbeat_is_answered_with_its_number(void **state)
{
	struct ip6_addr src;

	(void)state;
	struct mh mh =
		read_back(pbu_emit_heartbeat(packet, sizeof(packet), &played, 2, 0xcafe1234), &src);
	assert_true(ip6_equal(src, plan_coa(&played, 2)));
	assert_int_equal(mh.type, MH_HEARTBEAT);
	assert_int_equal(mh.heartbeat.flags, HEARTBEAT_RESPONSE);
	assert_int_equal(mh.heartbeat.seq, 0xcafe1234);
	assert_non_null(mh_find(&mh, OPT_RESTART_COUNTER));
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
		cmocka_unit_test_setup(a_pbu_has_what_rfc_5213_wants_in_it, fresh),
		cmocka_unit_test_setup(a_de_registration_names_the_prefix, fresh),
		cmocka_unit_test_setup(the_longest_name_fits_and_too_little_room_is_said, fresh),
		cmocka_unit_test_setup(a_heartbeat_is_answered_with_its_number, fresh),
	};

	return cmocka_run_group_tests_name("pbu", tests, NULL, NULL);
}
