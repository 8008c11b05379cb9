// The same rows as a table for people and as JSON for programs; empty, whole and broken off.
#include <stdlib.h>
#include <string.h>

#include "app/ctl/answer.h"
#include "test/unit/test.h"

struct paper {
	struct answer answer;
	char *text;
	size_t n;
};

static void begin(struct paper *p, const char *words)
{
	p->answer.command = commands;
	while (strcmp(p->answer.command->words, words) != 0)
		p->answer.command++;
	p->answer.out = open_memstream(&p->text, &p->n);
	answer_begin(&p->answer);
}

static void add(struct paper *p, const char *json)
{
	json_t *row = json_loads(json, 0, NULL);

	assert_non_null(row);
	assert_true(answer_row(&p->answer, row));
	json_decref(row);
}

static void end(struct paper *p, bool whole, const char *expected)
{
	assert_true(answer_end(&p->answer, whole));
	fclose(p->answer.out);
	assert_string_equal(p->text, expected);
	free(p->text);
}

#define SPOOF "{\"name\":\"drop_spoof\",\"count\":3,\"text\":\"not bound\",\"source\":\"5.6.2\"}"
#define SHORT "{\"name\":\"drop_short\",\"count\":0,\"text\":\"short\",\"source\":\"8200\"}"

static void json_is_an_array_with_a_row_a_line(void **state)
{
	(void)state;
	struct paper p = {.answer = {.json = true}};

	begin(&p, "show drops");
	add(&p, SPOOF);
	add(&p, SHORT);
	end(&p, true, "[\n" SPOOF ",\n" SHORT "\n]\n");
}

static void json_of_no_rows_is_an_empty_array(void **state)
{
	(void)state;
	struct paper p = {.answer = {.json = true}};

	begin(&p, "show bindings");
	end(&p, true, "[]\n");
}

static void json_of_the_version_is_an_object(void **state)
{
	(void)state;
	struct paper p = {.answer = {.json = true}};

	begin(&p, "show version");
	add(&p, "{\"program\":\"kedge-lma\",\"uptime_s\":1.5}");
	end(&p, true, "{\"program\":\"kedge-lma\",\"uptime_s\":1.5}\n");
	begin(&p, "show version");
	end(&p, true, "{}\n");
}

static void json_reals_are_free_of_the_noise_of_doubles(void **state)
{
	(void)state;
	struct paper p = {.answer = {.json = true}};

	begin(&p, "show version");
	add(&p, "{\"uptime_s\":4.1427619299999998,\"n\":9007199254740993}");
	end(&p, true, "{\"uptime_s\":4.14276193,\"n\":9007199254740993}\n");
}

static void json_that_broke_off_does_not_parse(void **state)
{
	(void)state;
	struct paper p = {.answer = {.json = true}};

	begin(&p, "show drops");
	add(&p, SPOOF);
	end(&p, false, "[\n" SPOOF);
	begin(&p, "show drops");
	end(&p, false, "");
}

static void drops_that_are_zero_show_only_when_all_are_asked_for(void **state)
{
	(void)state;
	struct paper some = {0}, all = {.answer = {.all = true}};

	begin(&some, "show drops");
	add(&some, SHORT);
	add(&some, SPOOF);
	end(&some, true,
	    "DROP        PACKETS  WHY        RULE\n"
	    "drop_spoof        3  not bound  5.6.2\n");
	begin(&all, "show drops");
	add(&all, SHORT);
	add(&all, SPOOF);
	end(&all, true,
	    "DROP        PACKETS  WHY        RULE\n"
	    "drop_short        0  short      8200\n"
	    "drop_spoof        3  not bound  5.6.2\n");
}

static void an_empty_table_says_so_in_a_line(void **state)
{
	(void)state;
	struct paper p = {0};

	begin(&p, "show bindings");
	end(&p, true, "no bindings\n");
	begin(&p, "show drops");
	add(&p, SHORT);
	end(&p, true, "no drops; every name there is: --all\n");
}

static void an_answer_that_broke_off_shows_its_rows_and_does_not_say_empty(void **state)
{
	(void)state;
	struct paper p = {0};

	begin(&p, "show drops");
	end(&p, false, "");
	begin(&p, "show drops");
	add(&p, SPOOF);
	end(&p, false,
	    "DROP        PACKETS  WHY        RULE\n"
	    "drop_spoof        3  not bound  5.6.2\n");
}

static void the_version_reads_as_lines(void **state)
{
	(void)state;
	struct paper p = {0};

	begin(&p, "show version");
	add(&p, "{\"program\":\"kedge-lma\",\"version\":\"0.1.0\",\"dpdk\":\"DPDK 22.11.11\","
		"\"node\":\"lma1\",\"uptime_s\":11525.2}");
	end(&p, true,
	    "program  kedge-lma\n"
	    "version  0.1.0\n"
	    "dpdk     DPDK 22.11.11\n"
	    "node     lma1\n"
	    "up for   3 h 12 min\n");
}

static void every_command_shows_what_the_lma_sends(void **state)
{
	(void)state;
	struct paper p = {0};

	begin(&p, "show bindings");
	add(&p, "{\"mn_id\":\"mn1@example.net\",\"prefix\":\"2001:db8:1::/64\","
		"\"proxy_coa\":\"fd00::1\",\"mag\":\"mag1\",\"lma\":\"fd00::a\","
		"\"state\":\"active\",\"access\":\"802.11\",\"ll_id\":\"02:00:5e:10:00:01\","
		"\"age_s\":125.0,\"expires_s\":3475.0,\"lifetime_s\":3600,\"handovers\":2}");
	end(&p, true,
	    "MOBILE NODE      HOME NETWORK PREFIX  MAG   PROXY-COA  STATE   ACCESS  LINK-LAYER ID"
	    "            AGE   EXPIRES IN  HANDOVERS\n"
	    "mn1@example.net  2001:db8:1::/64      mag1  fd00::1    active  802.11  "
	    "02:00:5e:10:00:01  2 min 5 s  57 min 55 s          2\n");
	begin(&p, "show ports");
	add(&p, "{\"name\":\"core\",\"driver\":\"af_xdp\",\"netdev\":\"d0\",\"link\":\"up\","
		"\"mac\":\"02:00:00:00:00:01\",\"mtu\":1600,\"rx_queues\":1,"
		"\"spread_by\":\"workers, inner "
		"flow\",\"rx_packets\":1000000,\"tx_packets\":5,\"rx_missed\":0,\"tx_errors\":0}");
	end(&p, true,
	    "PORT  DRIVER  NETDEV  LINK  MAC                  MTU  QUEUES  SPREAD BY        "
	    "     RECEIVED  SENT  MISSED  TX ERRORS\n"
	    "core  af_xdp  d0      up    02:00:00:00:00:01  1,600       1  workers, inner "
	    "flow  1,000,000     5       0          0\n");
	begin(&p, "show workers");
	add(&p, "{\"worker\":1,\"rx_queues\":0,\"received\":0,\"decapsulated\":120000,"
		"\"handed_over\":0,\"taken_over\":120000,\"handoff_full\":3,\"sent\":7,"
		"\"busy_percent\":41}");
	end(&p, true,
	    "WORKER  RX QUEUES  RECEIVED  DECAPSULATED  HANDED OVER  TAKEN OVER  RING FULL  SENT"
	    "  BUSY %\n"
	    "     1          0         0       120,000            0     120,000          3     7"
	    "      41\n");
}

static void a_full_disk_is_noticed(void **state)
{
	(void)state;
	struct answer a = {.json = true, .command = commands, .out = fopen("/dev/full", "w")};

	assert_non_null(a.out);
	answer_begin(&a);
	assert_false(answer_end(&a, true));
	fclose(a.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_an_array_with_a_row_a_line),
		cmocka_unit_test(json_of_no_rows_is_an_empty_array),
		cmocka_unit_test(json_of_the_version_is_an_object),
		cmocka_unit_test(json_reals_are_free_of_the_noise_of_doubles),
		cmocka_unit_test(json_that_broke_off_does_not_parse),
		cmocka_unit_test(drops_that_are_zero_show_only_when_all_are_asked_for),
		cmocka_unit_test(an_empty_table_says_so_in_a_line),
		cmocka_unit_test(an_answer_that_broke_off_shows_its_rows_and_does_not_say_empty),
		cmocka_unit_test(the_version_reads_as_lines),
		cmocka_unit_test(every_command_shows_what_the_lma_sends),
		cmocka_unit_test(a_full_disk_is_noticed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
