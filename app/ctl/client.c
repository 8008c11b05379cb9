// A blocking conversation over the management socket, and what to type next where it fails.
#include "app/ctl/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

struct reason {
	char *text;
	size_t n;
};

// What to type next, for an errno of connect or read.
static const char *hint_for(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
		return "it is root's, try: sudo kedgectl ...";
	case EAGAIN:
		return "see the log of kedge-lma";
	case ENOENT:
	case ENOTDIR:
	case ECONNREFUSED:
		return "not running? start it: kedge-lma --config FILE; elsewhere? --socket PATH";
	default:
		return "another socket: --socket PATH";
	}
}

// A server that is stopped accepts nothing and says nothing; whoever asks is told so in the end.
static int open_socket(void)
{
	struct timeval patience = {.tv_sec = CLIENT_PATIENCE_S};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	}
	return fd;
}

static int connect_to(const char *path, struct reason why)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(a.sun_path)) {
		snprintf(why.text, why.n, "%s: longer than the %zu bytes of a socket's name", path,
			 sizeof(a.sun_path) - 1);
		return -1;
	}
	strcpy(a.sun_path, path);
	int fd = open_socket();
	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	int error = errno;
	snprintf(why.text, why.n, "%s: %s; %s", path, strerror(error), hint_for(error));
	if (fd >= 0)
		close(fd);
	return -1;
}

// The last line ends the conversation; *result says how.
static bool is_last(const json_t *row, enum client_result *result, struct reason why)
{
	const char *error = json_string_value(json_object_get(row, "error"));
	const char *hint = json_string_value(json_object_get(row, "hint"));

	if (error != NULL) {
		snprintf(why.text, why.n, "%s%s%s", error, hint != NULL ? "; " : "",
			 hint != NULL ? hint : "");
		*result = CLIENT_REFUSED;
		return true;
	}
	if (!json_is_true(json_object_get(row, "end")) || json_object_size(row) != 1)
		return false;
	*result = CLIENT_OK;
	return true;
}

// Until the last line, the end of file, silence, or `fn` has had enough.
static enum client_result read_rows(FILE *in, client_row_fn *fn, void *arg, struct reason why)
{
	enum client_result result = CLIENT_BROKEN;
	char *line = NULL;
	size_t room = 0;
	bool last = false;

	snprintf(why.text, why.n, "the answer broke off; is kedge-lma still running?");
	while (!last && (errno = 0, getline(&line, &room, in)) > 0) {
		json_t *row = json_loads(line, 0, NULL);
		last = row == NULL || is_last(row, &result, why);
		if (!last && !fn(arg, row)) {
			result = CLIENT_OK;
			last = true;
		}
		json_decref(row);
	}
	if (!last && errno == EAGAIN)
		snprintf(why.text, why.n, "no answer for %d s: stopped or overloaded? %s",
			 CLIENT_PATIENCE_S, hint_for(EAGAIN));
	free(line);
	return result;
}

enum client_result client_ask(const char *path, const char *request, client_row_fn *fn, void *arg,
			      char *why, size_t n)
{
	struct reason reason = {why, n};
	int fd = connect_to(path, reason);

	if (fd < 0)
		return CLIENT_UNREACHABLE;
	FILE *in = fdopen(fd, "r");
	if (in == NULL) {
		snprintf(why, n, "%s", strerror(errno));
		close(fd);
		return CLIENT_BROKEN;
	}
	// A server that is full says so and closes without reading: its answer counts, not whether
	// the request still went out.
	(void)!send(fd, request, strlen(request), MSG_NOSIGNAL);
	(void)!send(fd, "\n", 1, MSG_NOSIGNAL);
	enum client_result result = read_rows(in, fn, arg, reason);
	fclose(in);
	return result;
}
