// The one switch from a port's configuration to its driver.
#pragma once

#include "conf/conf.h"
#include "drivers/port.h"

int ports_open(const struct conf_port *, bool access, const char *steer_object,
	       const char *access_object, struct rte_mempool *, struct port **out, char *why,
	       size_t n);
