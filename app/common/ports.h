// The one switch from a port's configuration to its driver.
#pragma once

#include "conf/conf.h"
#include "drivers/port.h"

// Opens and starts it. `access`: every frame on it is ours. The objects are the paths of the XDP
// programs (drivers/xdp/loader.h), used by af_xdp alone. After eal_start; control thread. 0, or
// -errno with one line of why.
int ports_open(const struct conf_port *, bool access, const char *steer_object,
	       const char *access_object, struct rte_mempool *, struct port **out, char *why,
	       size_t n);
