// Namespaces by unshare(2); their contents by ip(8), so that what a test sets up and what it tests
// do not share code.
#include "test/unit/netns.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COMMAND = 512 };

static int run(const char *before, const char *format, va_list args)
{
	char command[COMMAND];
	size_t n = (size_t)snprintf(command, sizeof(command), "%s", before);

	vsnprintf(command + n, sizeof(command) - n, format, args);
	int status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int netns_ip(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int rc = run("ip ", format, args);
	va_end(args);
	return rc;
}

int netns_enter(void)
{
	if (unshare(CLONE_NEWNET) != 0) {
		fprintf(stderr, "skipped: no network namespace of our own: %s\n", strerror(errno));
		return NETNS_SKIP;
	}
	if (netns_ip("link set lo up") != 0) {
		fprintf(stderr, "skipped: no ip(8) here\n");
		return NETNS_SKIP;
	}
	return 0;
}

pid_t netns_far_add(void)
{
	int ready[2];
	char byte = 0;

	if (pipe(ready) != 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNET) == 0 && write(ready[1], &byte, 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1) { // the namespace is there, or the child is not
		netns_far_del(pid);
		pid = -1;
	}
	close(ready[0]);
	return pid;
}

void netns_far_del(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int netns_far_ip(pid_t pid, const char *format, ...)
{
	char enter[64];
	va_list args;

	snprintf(enter, sizeof(enter), "nsenter --net=/proc/%d/ns/net ip ", pid);
	va_start(args, format);
	int rc = run(enter, format, args);
	va_end(args);
	return rc;
}
