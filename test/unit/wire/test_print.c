// Messages as text, and the names of numbers.
#include "test/unit/wire/bytes.h"

#include <stdlib.h>

static struct mh whole_ba(void)
{
	struct mh mh = {.type = MH_BA, .ba = {PBA_MISSING_HNP, BA_P, 7, 0}};

	mh_add(&mh, OPT_MN_ID)->mn_id =
		(struct opt_mn_id){MN_ID_NAI, {(const uint8_t *)"mn1@x", 5}};
	mh_add(&mh, OPT_HNP)->hnp = (struct opt_hnp){64, addr_of("2001:db8:1::")};
	mh_add(&mh, OPT_TIMESTAMP)->timestamp.wall_q16 = 0x18000;
	return mh;
}

static const char line[] = "ba status=158 flags=32 seq=7 lifetime_4s=0, mn_id subtype=1 id=mn1@x, "
			   "hnp prefix_len=64 prefix=2001:db8:1::, timestamp wall_q16=98304";

static void a_message_is_one_line_of_its_fields(void **state)
{
	(void)state;
	struct mh mh = whole_ba();
	char text[512];
	assert_string_equal(mh_print(&mh, text, sizeof(text)), line);
	mh = (struct mh){.type = MH_BE, .be = {BE_NO_BINDING, addr_of("2001:db8::1")}};
	assert_string_equal(mh_print(&mh, text, sizeof(text)), "be status=1 home=2001:db8::1");
	mh = (struct mh){.type = (enum mh_type)99};
	assert_string_equal(mh_print(&mh, text, sizeof(text)), "unknown");
}

static void a_line_is_cut_to_fit_and_always_ends(void **state)
{
	(void)state;
	struct mh mh = whole_ba();
	for (size_t n = 1; n <= sizeof(line); n++) {
		char *exact = malloc(n);
		assert_non_null(exact);
		memset(exact, 'x', n);
		assert_ptr_equal(mh_print(&mh, exact, n), exact);
		assert_int_equal(strnlen(exact, n), n - 1);
		assert_memory_equal(exact, line, n - 1);
		free(exact);
	}
	char untouched = 'x';
	assert_ptr_equal(mh_print(&mh, &untouched, 0), &untouched);
	assert_int_equal(untouched, 'x');
}

// What a peer calls itself ends up in a log: it may not end the line, nor pass for an escape.
static void octets_that_are_no_plain_text_are_escaped(void **state)
{
	(void)state;
	struct mh mh = {.type = MH_BU};
	char text[2048];
	static const uint8_t id[] = {'a', '\n', ' ', 0, 0x7f, 0xff, '\\', '~', '%', 's'};
	mh_add(&mh, OPT_MN_ID)->mn_id = (struct opt_mn_id){MN_ID_NAI, {id, sizeof(id)}};
	assert_string_equal(mh_print(&mh, text, sizeof(text)),
			    "bu seq=0 flags=0 lifetime_4s=0, mn_id subtype=1 "
			    "id=a\\x0a\\x20\\x00\\x7f\\xff\\x5c~%s");
}

static void every_error_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MH_N_ERRS; i++) {
		assert_non_null(mh_err_name(i));
		assert_string_not_equal(mh_err_name(i), "unknown");
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(mh_err_name(i), mh_err_name(k));
	}
	assert_string_equal(mh_err_name(MH_N_ERRS), "unknown");
}

// CONFORMANCE A4: the statuses of RFC 5213 8.9 without a gap, and those of RFC 6275 that an LMA
// says, and of RFC 7222.
static void every_status_that_we_say_has_the_name_of_its_rfc(void **state)
{
	(void)state;
	static const uint8_t named[] = {0,   128, 129, 130, 131, 135, 151, 152, 153, 154,
					155, 156, 157, 158, 159, 160, 161, 162, 179};
	size_t n = 0;
	for (unsigned status = 0; status < 256; status++) {
		if (n < sizeof(named) && status == named[n]) {
			assert_string_not_equal(pba_status_name((uint8_t)status), "unassigned");
			n++;
		} else {
			assert_string_equal(pba_status_name((uint8_t)status), "unassigned");
		}
	}
	assert_int_equal(n, sizeof(named));
	assert_string_equal(pba_status_name(157), "timestamp lower than previously accepted");
	assert_string_equal(pba_status_name(160), "missing mn identifier option");
}

static void types_and_options_are_called_what_their_lists_call_them(void **state)
{
	(void)state;
	assert_string_equal(mh_type_name(5), "bu");
	assert_string_equal(mh_type_name(6), "ba");
	assert_string_equal(mh_type_name(7), "be");
	assert_string_equal(mh_type_name(13), "heartbeat");
	assert_string_equal(mh_type_name(5 + 256), "unknown");
	assert_string_equal(mh_opt_name(8), "mn_id");
	assert_string_equal(mh_opt_name(22), "hnp");
	assert_string_equal(mh_opt_name(0), "unknown");
	assert_string_equal(mh_opt_name(UINT32_MAX), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_one_line_of_its_fields),
		cmocka_unit_test(a_line_is_cut_to_fit_and_always_ends),
		cmocka_unit_test(octets_that_are_no_plain_text_are_escaped),
		cmocka_unit_test(every_error_has_a_name_of_its_own),
		cmocka_unit_test(every_status_that_we_say_has_the_name_of_its_rfc),
		cmocka_unit_test(types_and_options_are_called_what_their_lists_call_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
