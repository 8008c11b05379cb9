// The socket file: whose it is, who may use it, what becomes of one that is already there.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "test/unit/mgmt/door.h"
#include "test/unit/test.h"

enum { MAX_CLIENTS = 16 };

static int bind_at(const char *path, int kind)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, kind | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

// A place for a socket, with nobody there yet.
static void make_place(struct door *d)
{
	door_open(d);
	mgmt_close(d->mgmt);
	d->mgmt = NULL;
}

static void assert_refused(struct door *d, int rc)
{
	assert_int_equal(mgmt_open(d->path, door_commands, d, &d->mgmt), rc);
	assert_null(d->mgmt);
}

static void only_the_owner_may_connect_whatever_the_mask(void **state)
{
	(void)state;
	static const mode_t masks[] = {0, 022, 0777};

	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		struct door d;
		struct stat file;
		make_place(&d);
		mode_t before = umask(masks[i]);
		int rc = mgmt_open(d.path, door_commands, &d, &d.mgmt);
		assert_int_equal(umask(before), masks[i]);
		assert_int_equal(rc, 0);
		assert_int_equal(stat(d.path, &file), 0);
		assert_true(S_ISSOCK(file.st_mode));
		assert_int_equal(file.st_mode & 07777, 0600);
		door_close(&d);
	}
}

static void a_closed_server_leaves_no_file(void **state)
{
	(void)state;
	struct door d;

	make_place(&d);
	assert_int_equal(access(d.path, F_OK), -1);
	door_close(&d);
}

static void a_socket_that_nobody_answers_on_is_replaced(void **state)
{
	(void)state;
	struct door d;

	make_place(&d);
	int dead = bind_at(d.path, SOCK_STREAM);
	assert_int_equal(listen(dead, 1), 0);
	close(dead);
	assert_int_equal(mgmt_open(d.path, door_commands, &d, &d.mgmt), 0);
	char *said = door_ask(&d, "show none\n");
	assert_string_equal(said, "{\"end\":true}\n");
	free(said);
	door_close(&d);
}

static void a_second_instance_is_refused_and_the_first_serves_on(void **state)
{
	(void)state;
	struct door d;
	struct mgmt *second = NULL;

	door_open(&d);
	assert_int_equal(mgmt_open(d.path, door_commands, &d, &second), -EADDRINUSE);
	assert_null(second);
	char *said = door_ask(&d, "show none\n");
	assert_string_equal(said, "{\"end\":true}\n");
	free(said);
	door_close(&d);
}

// A stopped process with a full queue: asking it whether it lives must not wait for its answer.
static void an_instance_too_busy_to_accept_is_alive(void **state)
{
	(void)state;
	struct door d;
	int queued[8], n = 0;

	make_place(&d);
	int busy = bind_at(d.path, SOCK_STREAM);
	assert_int_equal(listen(busy, 0), 0);
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", d.path);
	int rc = 0;
	while (rc == 0 && n < 8) {
		queued[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		rc = connect(queued[n++], (struct sockaddr *)&a, sizeof(a));
	}
	assert_int_equal(errno, EAGAIN);
	assert_refused(&d, -EADDRINUSE);
	while (n > 0)
		close(queued[--n]);
	close(busy);
	unlink(d.path);
	door_close(&d);
}

static void a_socket_of_another_kind_is_somebodys(void **state)
{
	(void)state;
	struct door d;

	make_place(&d);
	int other = bind_at(d.path, SOCK_DGRAM);
	assert_refused(&d, -EADDRINUSE);
	assert_int_equal(access(d.path, F_OK), 0);
	close(other);
	unlink(d.path);
	door_close(&d);
}

static void a_file_that_is_no_socket_is_left_alone(void **state)
{
	(void)state;
	struct door d;
	char text[8] = "";

	make_place(&d);
	int fd = open(d.path, O_CREAT | O_RDWR, 0600);
	assert_int_equal(write(fd, "mine", 4), 4);
	assert_refused(&d, -EEXIST);
	assert_int_equal(pread(fd, text, sizeof(text), 0), 4);
	assert_int_equal(access(d.path, F_OK), 0);
	close(fd);
	unlink(d.path);
	door_close(&d);
}

static void a_missing_directory_and_a_long_name_are_told_apart(void **state)
{
	(void)state;
	struct mgmt *out = NULL;
	char path[200];

	assert_int_equal(mgmt_open("/tmp/no/such/place/x", door_commands, NULL, &out), -ENOENT);
	memset(path, 'x', sizeof(path));
	memcpy(path, "/tmp/", 5);
	path[108] = '\0';
	assert_int_equal(mgmt_open(path, door_commands, NULL, &out), -ENAMETOOLONG);
	assert_null(out);
	mgmt_close(NULL);
}

static void the_seventeenth_client_is_told_to_come_again(void **state)
{
	(void)state;
	struct door d;
	int fds[MAX_CLIENTS];

	door_open(&d);
	for (int i = 0; i < MAX_CLIENTS; i++)
		fds[i] = door_connect(&d);
	mgmt_poll(d.mgmt, d.now);
	char *said = door_ask(&d, "show none\n");
	assert_string_equal(said, "{\"error\":\"too many clients at a time\","
				  "\"hint\":\"try again in a moment\"}\n");
	free(said);
	close(fds[3]);
	mgmt_poll(d.mgmt, d.now);
	said = door_ask(&d, "show none\n");
	assert_string_equal(said, "{\"end\":true}\n");
	free(said);
	for (int i = 0; i < MAX_CLIENTS; i++)
		if (i != 3)
			close(fds[i]);
	door_close(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_owner_may_connect_whatever_the_mask),
		cmocka_unit_test(a_closed_server_leaves_no_file),
		cmocka_unit_test(a_socket_that_nobody_answers_on_is_replaced),
		cmocka_unit_test(a_second_instance_is_refused_and_the_first_serves_on),
		cmocka_unit_test(an_instance_too_busy_to_accept_is_alive),
		cmocka_unit_test(a_socket_of_another_kind_is_somebodys),
		cmocka_unit_test(a_file_that_is_no_socket_is_left_alone),
		cmocka_unit_test(a_missing_directory_and_a_long_name_are_told_apart),
		cmocka_unit_test(the_seventeenth_client_is_told_to_come_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
