// A blocking conversation over the management socket.
#include "app/ctl/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int connect_to(const char *path, char *why, size_t n)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	const char *hint = "is kedge-lma running? start it: kedge-lma --config /etc/kedge/lma.yaml";

	if (strlen(path) >= sizeof(a.sun_path)) {
		snprintf(why, n, "%s: longer than a socket's name can be", path);
		return -1;
	}
	strcpy(a.sun_path, path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	if (errno == EACCES)
		hint = "it is root's: try with sudo";
	else if (errno == ENOENT)
		hint = "is kedge-lma running? another place for its socket: --socket PATH";
	snprintf(why, n, "%s: %s; %s", path, strerror(errno), hint);
	if (fd >= 0)
		close(fd);
	return -1;
}

// The last line ends the conversation; *result says how.
static bool is_last(const json_t *row, enum client_result *result, char *why, size_t n)
{
	const char *error = json_string_value(json_object_get(row, "error"));
	const char *hint = json_string_value(json_object_get(row, "hint"));

	if (error != NULL) {
		snprintf(why, n, "%s; %s", error, hint != NULL ? hint : "");
		*result = CLIENT_REFUSED;
		return true;
	}
	*result = CLIENT_OK;
	return json_is_true(json_object_get(row, "end")) && json_object_size(row) == 1;
}

static enum client_result read_rows(FILE *in, client_row_fn *fn, void *arg, char *why, size_t n)
{
	enum client_result result = CLIENT_BROKEN;
	char *line = NULL;
	size_t room = 0;

	snprintf(why, n, "the answer ended before its end; see the log of kedge-lma");
	while (getline(&line, &room, in) > 0) {
		json_t *row = json_loads(line, 0, NULL);
		bool last = row == NULL || is_last(row, &result, why, n);
		if (row == NULL)
			result = CLIENT_BROKEN;
		if (!last)
			last = !fn(arg, row);
		json_decref(row);
		if (last)
			break;
		result = CLIENT_BROKEN;
	}
	free(line);
	return result;
}

enum client_result client_ask(const char *path, const char *request, client_row_fn *fn, void *arg,
			      char *why, size_t n)
{
	int fd = connect_to(path, why, n);
	if (fd < 0)
		return CLIENT_UNREACHABLE;
	FILE *in = fdopen(fd, "r");
	if (in == NULL) {
		close(fd);
		return CLIENT_BROKEN;
	}
	enum client_result result = CLIENT_BROKEN;
	if (dprintf(fd, "%s\n", request) > 0)
		result = read_rows(in, fn, arg, why, n);
	fclose(in);
	return result;
}
