// Read, add one, write beside, sync, rename, sync.
#include "store/counter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE = 32, PATH = 512 };

static int said(int rc, char *why, size_t n, const char *path, const char *what)
{
	snprintf(why, n, "restart counter %s: %s: %s", path, what, strerror(-rc));
	return rc;
}

// 0 with *out, also for a file that is not there yet.
static int read_counter(const char *path, uint32_t *out, char *why, size_t n)
{
	char text[LINE + 1] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		if (errno != ENOENT)
			return said(-errno, why, n, path, "cannot be read");
		*out = 0;
		return 0;
	}
	ssize_t len = read(fd, text, LINE);
	int rc = len < 0 ? -errno : 0;
	close(fd);
	if (rc != 0)
		return said(rc, why, n, path, "cannot be read");
	char *end = text;
	unsigned long v = text[0] >= '0' && text[0] <= '9' ? strtoul(text, &end, 10) : 0;
	if (end == text || end[0] != '\n' || end[1] != '\0' || v > UINT32_MAX) {
		snprintf(why, n,
			 "restart counter %s: is not one line with a number below 2^32; if the "
			 "file is not Kedge's, name another with heartbeat.counter, else remove it",
			 path);
		return -EINVAL;
	}
	*out = (uint32_t)v;
	return 0;
}

static int write_whole(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0)
		return -errno;
	size_t len = strlen(text);
	ssize_t written = write(fd, text, len);
	int rc = written == (ssize_t)len ? 0 : written < 0 ? -errno : -ENOSPC;
	if (rc == 0 && fsync(fd) != 0)
		rc = -errno;
	close(fd);
	return rc;
}

// The rename itself must outlive a loss of power.
static int sync_directory_of(const char *path)
{
	char dir[PATH];
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		snprintf(dir, sizeof(dir), ".");
	else
		snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path) + 1, path);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	int rc = fsync(fd) == 0 ? 0 : -errno;
	close(fd);
	return rc;
}

int counter_next(const char *path, uint32_t *out, char *why, size_t n)
{
	char beside[PATH], text[LINE];
	uint32_t value = 0;

	int rc = read_counter(path, &value, why, n);
	if (rc != 0)
		return rc;
	value++;
	snprintf(text, sizeof(text), "%u\n", value);
	if (snprintf(beside, sizeof(beside), "%s.new", path) >= (int)sizeof(beside))
		return said(-ENAMETOOLONG, why, n, path, "cannot be written");
	rc = write_whole(beside, text);
	if (rc == 0 && rename(beside, path) != 0)
		rc = -errno;
	if (rc == 0)
		rc = sync_directory_of(path);
	if (rc != 0)
		return said(rc, why, n, path,
			    "cannot be written; its directory must exist and be ours");
	*out = value;
	return 0;
}
