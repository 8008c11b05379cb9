// Answers of one who knows the secret, and whose attributes are none or make no sense: UNUSABLE
// with the reason, and nothing of it is granted.
#include <string.h>

#include "test/unit/aaa/asker.h"
#include "test/unit/test.h"

enum { ACCEPT = 2 };

// As octets: type, length, value.
static void put_raw(struct fake *f, const void *octets, size_t n)
{
	pthread_mutex_lock(&f->lock);
	assert_true(f->n_attrs + n <= sizeof(f->attrs));
	memcpy(f->attrs + f->n_attrs, octets, n);
	f->n_attrs += n;
	pthread_mutex_unlock(&f->lock);
}

static void expect_unusable(struct asker *a, uint32_t node, const char *words)
{
	struct aaa_answer got = asker_say(a, node);
	struct aaa_server_totals t;

	if (got.verdict != AAA_UNUSABLE || strstr(got.why, words) == NULL)
		fail_msg("case %u: verdict %d, \"%s\"", node, got.verdict, got.why);
	assert_true(aaa_server_totals(a->aaa, 0, &t));
	assert_false(t.silent); // it is there, and others may be served
	assert_int_equal(t.accepted, 0);
}

static void an_answer_that_is_no_list_of_attributes_is_unusable(void **state)
{
	static const struct {
		uint8_t octets[48];
		size_t n;
	} rows[] = {
		{{145}, 1},                    // no length
		{{145, 0}, 2},                 // goes nowhere
		{{145, 1}, 2},                 // itself not counted
		{{145, 9, 'a'}, 3},            // beyond the end
		{{145, 4, 'a', 'b', 27}, 5},   // an octet is left
		{{0, 4, 'a', 'b'}, 4},         // type zero
		{{26, 255, 0, 0, 0, 1}, 6},    // vendor's, beyond the end
		{{80, 17, [17] = 80}, 17},     // Message-Authenticator too short
		{{80, 18, [18] = 80, 18}, 36}, // two of them
		{{80, 2, 145, 3, 'a'}, 5},     // without a value
	};
	struct asker *a = *state;

	asker_open(a);
	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake_answer(&a->fakes[0], FAKE_ANSWERS, ACCEPT);
		put_raw(&a->fakes[0], rows[i].octets, rows[i].n);
		expect_unusable(a, i, "malformed");
	}
}

static void a_value_that_makes_no_sense_is_unusable(void **state)
{
	static const struct {
		uint8_t type;
		size_t n;
		uint8_t value[24];
		const char *name;
	} rows[] = {
		{145, 0, {0}, "Mobile-Node-Identifier"},
		{145, 5, "ali\0e", "Mobile-Node-Identifier"},
		{146, 0, {0}, "Service-Selection"},
		{147, 4, {10, 0, 0, 1}, "PMIP6-Home-LMA-IPv6-Address"},
		{147, 17, {0x20, 1}, "PMIP6-Home-LMA-IPv6-Address"},
		{147, 16, {0}, "PMIP6-Home-LMA-IPv6-Address"},
		{147, 16, {0xff, 2, [15] = 1}, "PMIP6-Home-LMA-IPv6-Address"},
		{151, 1, {0}, "PMIP6-Home-HN-Prefix"},
		{151, 2, {0, 0}, "PMIP6-Home-HN-Prefix"},
		{151,
		 9,
		 {0, 64, 0x20, 1, 0xd, 0xb8, 1, 0, 0},
		 "PMIP6-Home-HN-Prefix"}, // 56 bits of 64
		{151, 19, {0, 64, 0x20, 1, 0xd, 0xb8}, "PMIP6-Home-HN-Prefix"},
		{151, 18, {0, 128, 0x20, 1, 0xd, 0xb8}, "PMIP6-Home-HN-Prefix"},
		{151, 10, {0, 64, 0xfe, 0x80}, "PMIP6-Home-HN-Prefix"},
		{153, 7, "1234567", "PMIP6-Home-Interface-ID"},
		{153, 9, "123456789", "PMIP6-Home-Interface-ID"},
		{27, 3, {0, 0, 1}, "Session-Timeout"},
		{27, 5, {0, 0, 0, 0, 1}, "Session-Timeout"},
		{28, 0, {0}, "Idle-Timeout"},
		{124, 7, {0}, "MIP6-Feature-Vector"},
	};
	struct asker *a = *state;

	asker_open(a);
	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake_answer(&a->fakes[0], FAKE_ANSWERS, ACCEPT);
		fake_add(&a->fakes[0], rows[i].type, rows[i].value, rows[i].n);
		expect_unusable(a, i, rows[i].name);
	}
}

static void a_prefix_more_than_a_session_has_is_unusable(void **state)
{
	struct asker *a = *state;
	struct fake *f = &a->fakes[0];
	uint8_t value[10] = {0, 64, 0x20, 1, 0xd, 0xb8, 1};

	asker_open(a);
	fake_answer(f, FAKE_ANSWERS, ACCEPT);
	for (value[9] = 0; value[9] < AAA_MAX_HNPS; value[9]++)
		fake_add(f, 151, value, sizeof(value));
	struct aaa_answer got = asker_say(a, 1);
	assert_int_equal(got.verdict, AAA_ACCEPT);
	assert_int_equal(got.n_hnps, AAA_MAX_HNPS);
	fake_add(f, 151, value, sizeof(value));
	assert_int_equal(asker_say(a, 2).verdict, AAA_UNUSABLE);
}

// As many attributes as a packet can have, known and unknown, and the longest ones.
static void the_fullest_packets_are_read(void **state)
{
	struct asker *a = *state;
	struct fake *f = &a->fakes[0];
	uint8_t long_one[253];

	asker_open(a);
	for (uint32_t i = 0; i < 2; i++) {
		fake_answer(f, FAKE_ANSWERS, ACCEPT);
		while (f->n_attrs + 2 <= sizeof(f->attrs))
			fake_add(f, i == 0 ? 25 : 200, "", 0);
		assert_int_equal(asker_say(a, i).verdict, AAA_ACCEPT);
	}
	memset(long_one, 'x', sizeof(long_one));
	for (uint32_t i = 2; i < 6; i++) {
		static const uint8_t types[] = {25, 26, 145, 200};
		fake_answer(f, FAKE_ANSWERS, ACCEPT);
		while (f->n_attrs + 255 <= sizeof(f->attrs))
			fake_add(f, types[i - 2], long_one, sizeof(long_one));
		assert_int_equal(asker_say(a, i).verdict, AAA_ACCEPT);
	}
}

#define WITH_SERVER(f) cmocka_unit_test_setup_teardown(f, asker_set_up, asker_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SERVER(an_answer_that_is_no_list_of_attributes_is_unusable),
		WITH_SERVER(a_value_that_makes_no_sense_is_unusable),
		WITH_SERVER(a_prefix_more_than_a_session_has_is_unusable),
		WITH_SERVER(the_fullest_packets_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
