// Long tables: in turns, beside others, for readers that are slow, gone or asleep.
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "test/unit/mgmt/door.h"
#include "test/unit/test.h"

static int set_up(void **state)
{
	static struct door door;

	door_open(&door);
	*state = &door;
	return 0;
}

static int tear_down(void **state)
{
	door_close(*state);
	return 0;
}

static bool turn(struct door *d)
{
	return mgmt_poll(d->mgmt, d->now);
}

static bool is_awake(const struct door *d)
{
	struct pollfd p = {.fd = mgmt_fd(d->mgmt), .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

// Turns until the server has no more to do by itself.
static void settle(struct door *d)
{
	for (int i = 0; i < 10 * DOOR_LONG && turn(d); i++)
		;
	assert_false(turn(d));
}

static int start_dump(struct door *d, const char *request)
{
	int fd = door_connect(d);

	door_say(fd, request, strlen(request));
	return fd;
}

static void assert_whole(const struct hearing *h)
{
	const char *p = h->text;
	char row[64];

	for (unsigned i = 0; i < DOOR_LONG; i++) {
		int n = snprintf(row, sizeof(row), "{\"row\":%u}\n", i);
		assert_int_equal(strncmp(p, row, (size_t)n), 0);
		p += n;
	}
	assert_string_equal(p, "{\"end\":true}\n");
}

static void a_turn_yields_a_bounded_number_of_rows(void **state)
{
	struct door *d = *state;
	struct hearing h = {0};
	int fd = start_dump(d, "show long\n");

	while (!h.ended) {
		uint32_t before = d->yielded;
		turn(d);
		assert_true(d->yielded - before <= MGMT_ROWS);
		door_hear(fd, &h, SIZE_MAX);
	}
	assert_whole(&h);
	free(h.text);
	close(fd);
}

static void another_client_is_answered_in_the_midst_of_a_dump(void **state)
{
	struct door *d = *state;
	struct hearing h = {0};
	int fd = start_dump(d, "show long\n");

	turn(d);
	while (!h.ended) {
		if (d->yielded < DOOR_LONG) {
			int other = start_dump(d, "show none\n");
			struct hearing quick = {0};
			turn(d);
			door_hear(other, &quick, SIZE_MAX);
			assert_true(quick.ended);
			assert_string_equal(quick.text, "{\"end\":true}\n");
			free(quick.text);
			close(other);
		} else {
			turn(d);
		}
		door_hear(fd, &h, SIZE_MAX);
	}
	assert_whole(&h);
	free(h.text);
	close(fd);
}

static void a_slow_reader_gets_every_row(void **state)
{
	struct door *d = *state;
	struct hearing h = {0};
	int fd = start_dump(d, "show long\n");

	settle(d);
	assert_true(d->yielded < DOOR_LONG);
	while (!h.ended) {
		door_hear(fd, &h, 1234);
		d->now += NS_SEC / 100;
		turn(d);
	}
	assert_whole(&h);
	free(h.text);
	close(fd);
}

static void rows_of_six_thousand_bytes_arrive_whole(void **state)
{
	char *said = door_ask(*state, "show wide\n");
	const char *p = said;

	for (int i = 0; i < 1000; i++) {
		p = strchr(p, '\n');
		assert_non_null(p);
		p++;
	}
	assert_string_equal(p, "{\"end\":true}\n");
	free(said);
}

static void one_who_has_to_read_first_does_not_keep_the_loop_awake(void **state)
{
	struct door *d = *state;
	struct hearing h = {0};
	int fd = start_dump(d, "show long\n");

	assert_true(is_awake(d));
	assert_true(turn(d));
	settle(d);
	assert_false(is_awake(d));
	door_say(fd, "more", 4); // what it says now is of no interest
	assert_false(is_awake(d));
	door_hear(fd, &h, SIZE_MAX);
	assert_true(is_awake(d));
	while (!h.ended) {
		turn(d);
		door_hear(fd, &h, SIZE_MAX);
	}
	assert_whole(&h);
	free(h.text);
	close(fd);
	assert_false(is_awake(d));
}

static void one_who_reads_nothing_for_ten_seconds_is_closed(void **state)
{
	struct door *d = *state;
	struct hearing h = {0};
	int fd = start_dump(d, "show long\n");

	settle(d);
	d->now += 10 * NS_SEC;
	assert_false(turn(d));
	uint32_t yielded = d->yielded;
	d->now += 1;
	turn(d);
	assert_int_equal(d->yielded, yielded);
	door_hear(fd, &h, SIZE_MAX);
	assert_true(h.ended);
	assert_null(strstr(h.text, "end"));
	free(h.text);
	close(fd);
}

static void one_who_asks_nothing_for_ten_seconds_is_closed(void **state)
{
	struct door *d = *state;
	struct hearing h = {0};
	int fd = door_connect(d);

	turn(d);
	d->now += 10 * NS_SEC;
	turn(d);
	door_hear(fd, &h, SIZE_MAX);
	assert_false(h.ended);
	d->now += 1;
	turn(d);
	door_hear(fd, &h, SIZE_MAX);
	assert_true(h.ended);
	assert_int_equal(h.n, 0);
	free(h.text);
	close(fd);
}

// With SIGPIPE as it comes: a write to one who left would end the program.
static void one_who_leaves_in_the_midst_harms_nobody(void **state)
{
	struct door *d = *state;
	int fd = start_dump(d, "show long\n");

	assert_true(turn(d));
	close(fd);
	settle(d);
	uint32_t yielded = d->yielded;
	assert_true(yielded < DOOR_LONG);
	settle(d);
	assert_int_equal(d->yielded, yielded);
	char *said = door_ask(d, "show none\n");
	assert_string_equal(said, "{\"end\":true}\n");
	free(said);
}

static void a_server_closes_in_the_midst_of_dumps(void **state)
{
	struct door *d = *state;
	int fds[3];

	for (int i = 0; i < 3; i++)
		fds[i] = start_dump(d, "show long\n");
	turn(d);
	mgmt_close(d->mgmt);
	d->mgmt = NULL;
	for (int i = 0; i < 3; i++) {
		struct hearing h = {0};
		door_hear(fds[i], &h, SIZE_MAX);
		assert_true(h.ended);
		free(h.text);
		close(fds[i]);
	}
}

int main(void)
{
#define DOOR_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		DOOR_TEST(a_turn_yields_a_bounded_number_of_rows),
		DOOR_TEST(another_client_is_answered_in_the_midst_of_a_dump),
		DOOR_TEST(a_slow_reader_gets_every_row),
		DOOR_TEST(rows_of_six_thousand_bytes_arrive_whole),
		DOOR_TEST(one_who_has_to_read_first_does_not_keep_the_loop_awake),
		DOOR_TEST(one_who_reads_nothing_for_ten_seconds_is_closed),
		DOOR_TEST(one_who_asks_nothing_for_ten_seconds_is_closed),
		DOOR_TEST(one_who_leaves_in_the_midst_harms_nobody),
		DOOR_TEST(a_server_closes_in_the_midst_of_dumps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
