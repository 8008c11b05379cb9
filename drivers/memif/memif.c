// DPDK's net_memif, and what it leaves to us: sockets of dead servers, and servers that come late.
//
// Decides who may serve a socket, and when a client tries. DPDK's driver connects only when a
// device starts, so a client is stopped and started again, and while it is no worker may be in it:
// each burst says that it is there (inside) before it looks whether it may (open), control says
// that none may before it looks whether any is.
#include "drivers/memif/memif.h"

#include <errno.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include "drivers/ethdev/ethdev.h"

enum { RING = 1024, RETRY_S = 1 };

struct side {
	alignas(64) _Atomic bool inside; // the queue's owner writes, control reads
};

struct memif_port {
	struct ethdev_port dev;
	bool server;
	char socket[108];
	time_t tried;      // s, monotonic
	_Atomic bool open; // control writes, workers read
	struct side rx[ETHDEV_QUEUES], tx[ETHDEV_QUEUES];
};

static struct memif_port *memif_of(struct port *p)
{
	return (struct memif_port *)p; // port is its first member
}

static bool enter(struct memif_port *x, struct side *side)
{
	atomic_store(&side->inside, true);
	return atomic_load(&x->open);
}

static void leave(struct side *side)
{
	atomic_store_explicit(&side->inside, false, memory_order_release);
}

static uint16_t rx(struct port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct memif_port *x = memif_of(p);
	uint16_t got = 0;

	if (enter(x, &x->rx[queue]))
		got = ethdev_rx(p, queue, pkts, n);
	leave(&x->rx[queue]);
	return got;
}

static uint16_t tx(struct port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct memif_port *x = memif_of(p);
	uint16_t took = 0;

	if (enter(x, &x->tx[queue]))
		took = ethdev_tx(p, queue, pkts, n);
	leave(&x->tx[queue]);
	return took;
}

// Whether a server is there, without its notice: a socket of another type is told so (EPROTOTYPE),
// or that nobody has the file open (ECONNREFUSED). DPDK 22.11's servers do not survive a real
// connection that goes again at once.
static bool is_served(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	memcpy(to.sun_path, path, strlen(path));
	bool served = connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0 ||
		      (errno != ECONNREFUSED && errno != ENOENT);
	close(fd);
	return served;
}

static bool is_inside(const struct side *sides, uint16_t n)
{
	for (uint16_t q = 0; q < n; q++)
		if (atomic_load(&sides[q].inside))
			return true;
	return false;
}

static void try_to_connect(struct memif_port *x)
{
	uint16_t id = (uint16_t)x->dev.port.ethdev;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec < x->tried + RETRY_S)
		return;
	atomic_store(&x->open, false);
	if (is_inside(x->rx, x->dev.port.n_rx) || is_inside(x->tx, x->dev.port.n_tx))
		return; // not for long: the next turn finds them outside
	x->tried = now.tv_sec;
	if (!is_served(x->socket))
		return;
	(void)rte_eth_dev_stop(id);
	if (rte_eth_dev_start(id) == 0)
		atomic_store(&x->open, true); // connected a moment later
}

static void link_of(struct port *p, struct port_link *out)
{
	struct memif_port *x = memif_of(p);

	ethdev_link(p, out);
	if (!x->server && !out->up)
		try_to_connect(x);
}

static void close_memif(struct port *p)
{
	ethdev_stop(&memif_of(p)->dev);
	free(p);
}

static const struct port_ops ops = {.name = "memif",
				    .rx = rx,
				    .tx = tx,
				    .close = close_memif,
				    .missed = ethdev_missed_rx,
				    .link = link_of};

static int check_directory(const struct memif_conf *c, char *why, size_t n)
{
	char dir[108];
	struct stat s;

	snprintf(dir, sizeof(dir), "%s", c->socket);
	*(strrchr(dir, '/') + 1) = '\0';
	if (stat(dir, &s) == 0 && S_ISDIR(s.st_mode))
		return 0;
	snprintf(why, n, "port %s: there is no directory %s for its socket; try: mkdir -p %s",
		 c->name, dir, dir);
	return -ENOENT;
}

static int check_path(const struct memif_conf *c, char *why, size_t n)
{
	if (c->socket[0] == '/' &&
	    strlen(c->socket) < sizeof(((struct sockaddr_un *)0)->sun_path) &&
	    strpbrk(c->socket, ",[]()\"") == NULL)
		return check_directory(c, why, n);
	snprintf(why, n,
		 "port %s: \"%s\" is no path for a socket: absolute, at most 107 characters, none "
		 "of , [ ] ( ) \"",
		 c->name, c->socket);
	return -EINVAL;
}

// Makes room for a server's socket: what a killed one left goes, all else stays.
static int clear_way(const struct memif_conf *c, char *why, size_t n)
{
	struct stat s;

	if (lstat(c->socket, &s) != 0)
		return 0; // or bind says why not
	if (!S_ISSOCK(s.st_mode)) {
		snprintf(why, n, "port %s: %s is there and no socket", c->name, c->socket);
		return -EEXIST;
	}
	if (is_served(c->socket)) {
		snprintf(why, n,
			 "port %s: somebody serves %s already; each server port has a socket of "
			 "its own",
			 c->name, c->socket);
		return -EADDRINUSE;
	}
	if (unlink(c->socket) == 0)
		return 0;
	int rc = -errno;
	snprintf(why, n, "port %s: %s, which a killed server left, cannot be removed: %s", c->name,
		 c->socket, strerror(-rc));
	return rc;
}

static int start(struct memif_port *x, const struct memif_conf *c, char *why, size_t n)
{
	char device[64], args[256];
	struct ethdev_conf dev = {.driver = "memif",
				  .name = c->name,
				  .device = device,
				  .bus = "vdev",
				  .args = args,
				  .queues = c->queues > 0 ? c->queues : 1,
				  .depth = RING,
				  .stopped = !c->server,
				  .pool = c->pool};

	snprintf(device, sizeof(device), "net_memif_%s", c->name);
	snprintf(args, sizeof(args), "role=%s,id=%u,socket=%s,socket-abstract=no",
		 c->server ? "server" : "client", c->id, c->socket);
	int rc = ethdev_start(&x->dev, &dev, why, n);
	if (rc == 0 && c->server)
		atomic_store(&x->open, true);
	else if (rc == 0)
		try_to_connect(x);
	return rc;
}

int memif_open(const struct memif_conf *c, struct port **out, char *why, size_t n)
{
	int rc = check_path(c, why, n);

	if (rc == 0 && c->queues > ETHDEV_QUEUES) {
		snprintf(why, n, "port %s: %u queues, %d are the most", c->name, c->queues,
			 ETHDEV_QUEUES);
		rc = -EINVAL;
	}
	if (rc == 0 && c->server)
		rc = clear_way(c, why, n);
	if (rc != 0)
		return rc;
	struct memif_port *x = aligned_alloc(alignof(struct memif_port), sizeof(*x));
	if (x == NULL) {
		snprintf(why, n, "port %s: there is no memory", c->name);
		return -ENOMEM;
	}
	memset(x, 0, sizeof(*x));
	x->dev.port = (struct port){.ops = &ops, .ethdev = -1};
	x->server = c->server;
	x->tried = -RETRY_S; // at once
	snprintf(x->socket, sizeof(x->socket), "%s", c->socket);
	rc = start(x, c, why, n);
	if (rc != 0) {
		close_memif(&x->dev.port);
		return rc;
	}
	*out = &x->dev.port;
	return 0;
}
