// The listening socket, its clients, and the turns of their dumps.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "mgmt/client.h"
#include "mgmt/mgmt.h"

enum { MAX_CLIENTS = 16, BACKLOG = 16 };

struct mgmt {
	char path[108];
	int listener, epoll;
	const struct mgmt_command *commands;
	void *app;
	struct mgmt_client clients[MAX_CLIENTS];
};

static int fill_address(const char *path, struct sockaddr_un *a)
{
	*a = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(a->sun_path))
		return -ENAMETOOLONG;
	strcpy(a->sun_path, path);
	return 0;
}

// 0: somebody listens there, -errno: why not. Does not wait for one that is stopped.
static int knock(const struct sockaddr_un *a)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	int rc = connect(fd, (const struct sockaddr *)a, sizeof(*a)) == 0 ? 0 : -errno;
	close(fd);
	return rc == -EAGAIN ? 0 : rc; // its queue is full: it lives
}

// A socket that nobody answers on was left by a killed process. Any other file is somebody's: a
// refused connection alone does not tell them apart.
static int remove_leftover(const struct sockaddr_un *a)
{
	struct stat file;

	if (lstat(a->sun_path, &file) != 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(file.st_mode))
		return -EEXIST;
	int rc = knock(a);
	if (rc == 0 || rc == -EPROTOTYPE)
		return -EADDRINUSE;
	if (rc != -ECONNREFUSED)
		return rc;
	return unlink(a->sun_path) == 0 ? 0 : -errno;
}

static int listen_on(const struct sockaddr_un *a)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	// Never open to others, not even for a moment: the mask is the process's, and at start it
	// is ours.
	mode_t before = umask(0177);
	int rc = bind(fd, (const struct sockaddr *)a, sizeof(*a)) == 0 ? 0 : -errno;
	umask(before);
	if (rc == 0 && listen(fd, BACKLOG) != 0)
		rc = -errno;
	if (rc != 0) {
		close(fd);
		return rc;
	}
	return fd;
}

int mgmt_open(const char *path, const struct mgmt_command *commands, void *app, struct mgmt **out)
{
	struct sockaddr_un address;
	struct mgmt *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	s->commands = commands;
	s->app = app;
	s->listener = -1;
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	for (int i = 0; i < MAX_CLIENTS; i++)
		s->clients[i].fd = -1;
	int rc = s->epoll < 0 ? -errno : fill_address(path, &address);
	if (rc == 0)
		rc = remove_leftover(&address);
	if (rc == 0)
		rc = s->listener = listen_on(&address);
	if (rc >= 0) {
		strcpy(s->path, address.sun_path);
		struct epoll_event in = {.events = EPOLLIN};
		rc = epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->listener, &in) == 0 ? 0 : -errno;
	}
	if (rc != 0) {
		mgmt_close(s);
		return rc;
	}
	*out = s;
	return 0;
}

static void drop(struct mgmt *s, struct mgmt_client *c)
{
	epoll_ctl(s->epoll, EPOLL_CTL_DEL, c->fd, NULL);
	mgmt_client_done(c);
}

void mgmt_close(struct mgmt *s)
{
	if (s == NULL)
		return;
	for (int i = 0; i < MAX_CLIENTS; i++)
		if (s->clients[i].fd >= 0)
			drop(s, &s->clients[i]);
	if (s->listener >= 0) {
		close(s->listener);
		unlink(s->path);
	}
	if (s->epoll >= 0)
		close(s->epoll);
	free(s);
}

int mgmt_fd(const struct mgmt *s)
{
	return s->epoll;
}

static struct mgmt_client *find_room(struct mgmt *s)
{
	for (int i = 0; i < MAX_CLIENTS; i++)
		if (s->clients[i].fd < 0)
			return &s->clients[i];
	return NULL;
}

static void accept_some(struct mgmt *s, uint64_t now)
{
	static const char busy[] = "{\"error\":\"too many clients at a time\","
				   "\"hint\":\"try again in a moment\"}\n";

	// Bounded: whoever connects in a loop gets no more of a turn than this.
	for (int i = 0; i < BACKLOG; i++) {
		int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0)
			return;
		struct mgmt_client *c = find_room(s);
		if (c == NULL) { // said before it asks, so that it need not wait for a place
			(void)!send(fd, busy, sizeof(busy) - 1, MSG_NOSIGNAL);
			close(fd);
			continue;
		}
		mgmt_client_init(c, fd, now);
		struct epoll_event in = {.events = c->watched = EPOLLIN};
		epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &in);
	}
}

// One who has yet to read does not wake the loop by what it writes, and the other way round.
static void watch(struct mgmt *s, struct mgmt_client *c, enum client_state state)
{
	uint32_t events = state == CLIENT_ASKS ? EPOLLIN : state == CLIENT_STUCK ? EPOLLOUT : 0;

	if (events == c->watched)
		return;
	struct epoll_event e = {.events = c->watched = events};
	epoll_ctl(s->epoll, EPOLL_CTL_MOD, c->fd, &e);
}

bool mgmt_poll(struct mgmt *s, uint64_t now)
{
	bool busy = false;

	accept_some(s, now);
	for (int i = 0; i < MAX_CLIENTS; i++) {
		struct mgmt_client *c = &s->clients[i];
		if (c->fd < 0)
			continue;
		// Each in turn, whether it woke us or not: time passes for the silent ones, too.
		enum client_state state = mgmt_client_turn(c, s->commands, s->app, now);
		if (state == CLIENT_GONE)
			drop(s, c);
		else
			watch(s, c, state);
		busy |= state == CLIENT_BUSY;
	}
	return busy;
}
