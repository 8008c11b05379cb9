// TEMPORARY
#include "app/common/ports.h"

#include "drivers/af_xdp/af_xdp.h"
#include "drivers/mem/mem.h"
#include "drivers/tap/tap.h"
#include "drivers/xdp/loader.h"
#include <errno.h>
enum { MEM_PORT_DEPTH = 1024 };
int tap_open(const char *netdev, const uint8_t mac[6], uint16_t mtu, struct tap **out, char *why,
	     size_t n)
{
	(void)netdev;
	(void)mac;
	(void)mtu;
	(void)out;
	(void)why;
	(void)n;
	return -ENOTSUP;
}
void tap_close(struct tap *t)
{
	(void)t;
}
int tap_fd(const struct tap *t)
{
	(void)t;
	return -1;
}
int tap_read(struct tap *t, void *b, size_t n)
{
	(void)t;
	(void)b;
	(void)n;
	return -EAGAIN;
}
int tap_write(struct tap *t, const void *b, size_t n)
{
	(void)t;
	(void)b;
	(void)n;
	return 0;
}
int tap_carrier(struct tap *t, bool up)
{
	(void)t;
	(void)up;
	return 0;
}

int ports_open(const struct conf_port *c, bool access, const char *steer_object,
	       const char *access_object, struct rte_mempool *pool, struct port **out, char *why,
	       size_t n)
{
	if (c->driver == CONF_MEM)
		return mem_open(c->name, MEM_PORT_DEPTH, out);
	struct af_xdp_conf xdp = {.name = c->name,
				  .netdev = c->netdev,
				  .queues = c->queues,
				  .xdp_object = access ? access_object : steer_object,
				  .access = access,
				  .pool = pool};
	return af_xdp_open(&xdp, out, why, n);
}
