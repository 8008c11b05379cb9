// What is asked, and what is made of what a server answers: RFC 2865, 2869, 6572.
#include <nettle/md5.h>
#include <stdio.h>
#include <string.h>

#include "test/unit/aaa/asker.h"
#include "test/unit/test.h"

enum { ACCEPT = 2, REJECT = 3, ACCOUNTING_RESPONSE = 5, CHALLENGE = 11 };

static const uint8_t lma[16] = {0x20, 1, 0xd, 0xb8, 0, 1, [15] = 1};
static const uint8_t hnp_a[] = {0, 64, 0x20, 1, 0xd, 0xb8, 1, 0, 0, 0x77};
static const uint8_t hnp_b[18] = {0, 48, 0x20, 1, 0xd, 0xb8, 2, 0};
static const uint8_t identifier[8] = {1, 2, 3, 4, 5, 6, 7, 8};

static void all_that_a_server_can_grant_is_taken(void **state)
{
	struct asker *a = *state;
	struct fake *f = &a->fakes[0];

	fake_answer(f, FAKE_ANSWERS, ACCEPT);
	fake_sign(f);
	fake_add_text(f, 145, "alice@example");
	fake_add_text(f, 146, "internet");
	fake_add(f, 147, lma, sizeof(lma));
	fake_add(f, 151, hnp_a, sizeof(hnp_a));
	fake_add(f, 151, hnp_b, sizeof(hnp_b));
	fake_add(f, 153, identifier, sizeof(identifier));
	fake_add_u32(f, 27, 3600);
	fake_add_u32(f, 28, 300);
	asker_open(a);
	struct aaa_answer got = asker_say(a, 1);
	assert_int_equal(got.verdict, AAA_ACCEPT);
	assert_string_equal(got.mn_id, "alice@example");
	assert_string_equal(got.service, "internet");
	assert_memory_equal(got.lma.a, lma, 16);
	assert_int_equal(got.n_hnps, 2);
	assert_int_equal(got.hnps[0].len, 64);
	assert_memory_equal(got.hnps[0].addr.a, hnp_a + 2, 8);
	assert_int_equal(got.hnps[1].len, 48);
	assert_true(got.has_interface_id);
	assert_memory_equal(got.interface_id, identifier, 8);
	assert_int_equal(got.session_s, 3600);
	assert_int_equal(got.idle_s, 300);
}

static void attributes_of_others_are_passed_over(void **state)
{
	static const uint8_t types[] = {1,   7,   18,  24,  25,  26,  148,
					149, 150, 152, 154, 155, 200, 255};
	struct asker *a = *state;

	fake_answer(&a->fakes[0], FAKE_ANSWERS, ACCEPT);
	for (size_t i = 0; i < sizeof(types); i++)
		fake_add(&a->fakes[0], types[i], "\0\0\1\2\3\xff!", 7);
	asker_open(a);
	struct aaa_answer got = asker_say(a, 1);
	assert_int_equal(got.verdict, AAA_ACCEPT);
	assert_string_equal(got.mn_id, "");
	assert_true(ip6_is_zero(got.lma));
	assert_int_equal(got.n_hnps, 0);
	assert_int_equal(got.session_s, 0);
}

static void expect_text(struct fake *f, uint8_t type, const char *text)
{
	uint8_t value[255];

	assert_int_equal(fake_heard(f, type, value), strlen(text));
	assert_memory_equal(value, text, strlen(text));
}

static void expect_u32(struct fake *f, uint8_t type, uint8_t number)
{
	uint8_t value[255];

	assert_int_equal(fake_heard(f, type, value), 4);
	assert_memory_equal(value, "\0\0\0", 3);
	assert_int_equal(value[3], number);
}

// RFC 2865 5.2: hidden by the secret and the request's authenticator.
static void expect_password(struct fake *f, const char *text)
{
	uint8_t hidden[255], pad[16], block[16] = {0};
	size_t n = strlen(text);

	assert_int_equal(fake_heard(f, 2, hidden), 32);
	for (size_t at = 0; at < 32; at += 16) {
		const uint8_t *before = at == 0 ? f->request + 4 : hidden;
		struct md5_ctx ctx;
		md5_init(&ctx);
		md5_update(&ctx, strlen(f->secret), (const uint8_t *)f->secret);
		md5_update(&ctx, 16, before);
		md5_digest(&ctx, 16, pad);
		for (size_t i = 0; i < 16; i++)
			block[i] = hidden[at + i] ^ pad[i];
		for (size_t i = 0; i < 16; i++)
			assert_int_equal(block[i], at + i < n ? text[at + i] : 0);
	}
}

static void a_request_says_who_where_and_with_which_secret(void **state)
{
	struct asker *a = *state;
	struct fake *f = &a->fakes[0];
	struct aaa_question q = asker_question(0x010203);
	uint8_t value[255];

	asker_open(a);
	snprintf(q.service, sizeof(q.service), "internet");
	asker_ask(a, q);
	assert_int_equal(asker_take(a).verdict, AAA_ACCEPT);
	assert_int_equal(f->request[0], 1);
	assert_int_equal(f->badly_signed, 0);
	assert_int_equal(f->request[20], 80); // first of all
	expect_text(f, 1, q.user_name);
	expect_password(f, "02-00-5E-01-02-03");
	expect_text(f, 31, "02-00-5E-01-02-03");
	expect_text(f, 32, "mag1");
	expect_text(f, 87, "wlan0");
	expect_text(f, 146, "internet");
	expect_u32(f, 6, 10);
	expect_u32(f, 61, 19);
	assert_int_equal(fake_heard(f, 95, value), 16);
	assert_memory_equal(value, a->conf.nas_address.a, 16);
	assert_int_equal(fake_heard(f, 4, value), -1);
}

static void a_request_has_room_for_the_longest_of_everything(void **state)
{
	struct asker *a = *state;
	struct aaa_question q = asker_question(1);
	uint8_t value[255];

	memset(q.user_name, 'u', AAA_MAX_NAME);
	memset(q.service, 's', AAA_MAX_NAME);
	memset(q.port_id, 'p', sizeof(q.port_id) - 1);
	asker_open(a);
	asker_ask(a, q);
	assert_int_equal(asker_take(a).verdict, AAA_ACCEPT);
	assert_int_equal(fake_heard(&a->fakes[0], 1, value), AAA_MAX_NAME);
	assert_int_equal(fake_heard(&a->fakes[0], 146, value), AAA_MAX_NAME);
}

static void a_rejection_comes_with_its_words(void **state)
{
	struct asker *a = *state;
	char words[254];

	fake_answer(&a->fakes[0], FAKE_ANSWERS, REJECT);
	fake_add_text(&a->fakes[0], 18, "bill not paid");
	asker_open(a);
	struct aaa_answer got = asker_say(a, 1);
	assert_int_equal(got.verdict, AAA_REJECT);
	assert_string_equal(got.why, "bill not paid");

	memset(words, 'w', 253);
	words[253] = '\0';
	fake_answer(&a->fakes[0], FAKE_ANSWERS, REJECT);
	fake_add_text(&a->fakes[0], 18, words);
	got = asker_say(a, 2);
	assert_int_equal(strlen(got.why), sizeof(got.why) - 1);
}

static void a_challenge_is_no_answer_to_go_by(void **state)
{
	struct asker *a = *state;

	fake_answer(&a->fakes[0], FAKE_ANSWERS, CHALLENGE);
	asker_open(a);
	struct aaa_answer got = asker_say(a, 1);
	assert_int_equal(got.verdict, AAA_UNUSABLE);
	assert_non_null(strstr(got.why, "Access-Challenge"));
}

// RFC 6572 4.1: IPv4 alone, or that beside IPv4 with IPv6, is as if it were an Access-Reject.
static void who_is_authorised_for_ipv4_alone_is_rejected(void **state)
{
	static const struct {
		uint8_t features[8];
		enum aaa_verdict verdict;
	} rows[] = {
		{{0, 0, 1, 0, 0, 0, 0, 0}, AAA_ACCEPT},
		{{0, 0, 3, 0, 0, 0, 0, 0}, AAA_ACCEPT},
		{{0, 1, 1, 0, 0, 0, 0, 0}, AAA_REJECT},
		{{0, 1, 3, 0, 0, 0, 0, 0}, AAA_REJECT},
	};
	struct asker *a = *state;

	asker_open(a);
	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake_answer(&a->fakes[0], FAKE_ANSWERS, ACCEPT);
		fake_add(&a->fakes[0], 124, rows[i].features, 8);
		assert_int_equal(asker_say(a, i).verdict, rows[i].verdict);
	}
}

// RFC 2865 3: what does not verify is silently discarded. The secret is named as what to look at.
static void what_does_not_verify_is_no_answer(void **state)
{
	static const enum fake_manner manners[] = {
		FAKE_BAD_AUTHENTICATOR, FAKE_BAD_MESSAGE_SIGNATURE, FAKE_OTHER_ID, FAKE_TOO_LONG};
	struct asker *a = *state;
	struct aaa_server_totals t;

	asker_open(a);
	for (uint32_t i = 0; i < sizeof(manners) / sizeof(manners[0]); i++) {
		fake_answer(&a->fakes[0], manners[i], ACCEPT);
		struct aaa_answer got = asker_say(a, i);
		assert_int_equal(got.verdict, AAA_UNREACHABLE);
		assert_non_null(strstr(got.why, "secret"));
		assert_null(strstr(got.why, a->fakes[0].secret));
		assert_true(aaa_server_totals(a->aaa, 0, &t));
		assert_int_equal(t.forged, i + 1);
		assert_int_equal(t.accepted, 0);
	}
}

static void a_code_that_answers_no_access_request_is_no_answer(void **state)
{
	struct asker *a = *state;

	asker_open(a);
	fake_answer(&a->fakes[0], FAKE_ANSWERS, ACCOUNTING_RESPONSE);
	assert_int_equal(asker_say(a, 1).verdict, AAA_UNREACHABLE);
	fake_answer(&a->fakes[0], FAKE_ANSWERS, 7); // Password-Ack, of before RFC 2865
	assert_int_equal(asker_say(a, 2).verdict, AAA_UNREACHABLE);
}

static void forged_answers_before_the_true_one_change_nothing(void **state)
{
	struct asker *a = *state;
	struct aaa_server_totals t;

	asker_open(a);
	fake_answer(&a->fakes[0], FAKE_LIES_FIRST, REJECT);
	assert_int_equal(asker_say(a, 1).verdict, AAA_REJECT);
	fake_answer(&a->fakes[0], FAKE_LIES_FIRST, ACCEPT);
	assert_int_equal(asker_say(a, 2).verdict, AAA_ACCEPT);
	assert_int_equal(fake_asked(&a->fakes[0]), 2); // one try each
	assert_true(aaa_server_totals(a->aaa, 0, &t));
	assert_int_equal(t.forged, 8);
	assert_false(t.silent);
}

static void a_lost_request_is_sent_again(void **state)
{
	struct asker *a = *state;

	a->conf.tries = 3;
	fake_skip(&a->fakes[0], 2);
	asker_open(a);
	assert_int_equal(asker_say(a, 1).verdict, AAA_ACCEPT);
	assert_int_equal(fake_asked(&a->fakes[0]), 3);
}

static void servers_are_reached_by_ipv4_too(void **state)
{
	struct asker *a = *state;

	fake_stop(&a->fakes[0]);
	a->n_fakes = 0;
	asker_add_server(a, "127.0.0.1",
			 "0123456789abcdef0123456789abcdef0123456789abcdef"
			 "0123456789abcdef0123456789abcdef0123456789abcde");
	asker_open(a);
	assert_int_equal(asker_say(a, 1).verdict, AAA_ACCEPT);
	assert_int_equal(a->fakes[0].badly_signed, 0);
}

static void what_cannot_be_opened_says_why(void **state)
{
	struct asker *a = *state;

	a->conf.dictionary = "/nowhere/dictionary";
	asker_expect_no_opening(a, "/nowhere/dictionary");
	a->conf.dictionary = "/dev/null";
	asker_expect_no_opening(a, "attribute 1 ");
	a->conf.dictionary = KEDGE_DICTIONARY;
	snprintf(a->fakes[0].address, sizeof(a->fakes[0].address), "radius.example");
	asker_expect_no_opening(a, "\"radius.example\" is no IP address");
}

#define WITH_SERVER(f) cmocka_unit_test_setup_teardown(f, asker_set_up, asker_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SERVER(all_that_a_server_can_grant_is_taken),
		WITH_SERVER(attributes_of_others_are_passed_over),
		WITH_SERVER(a_request_says_who_where_and_with_which_secret),
		WITH_SERVER(a_request_has_room_for_the_longest_of_everything),
		WITH_SERVER(a_rejection_comes_with_its_words),
		WITH_SERVER(a_challenge_is_no_answer_to_go_by),
		WITH_SERVER(who_is_authorised_for_ipv4_alone_is_rejected),
		WITH_SERVER(what_does_not_verify_is_no_answer),
		WITH_SERVER(a_code_that_answers_no_access_request_is_no_answer),
		WITH_SERVER(forged_answers_before_the_true_one_change_nothing),
		WITH_SERVER(a_lost_request_is_sent_again),
		WITH_SERVER(servers_are_reached_by_ipv4_too),
		WITH_SERVER(what_cannot_be_opened_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
