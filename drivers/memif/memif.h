// Packets to and from another process on this machine by shared memory: VPP, a second kedge.
//
// One end of a socket is the server, the other the client. A client waits for its server, and finds
// it again when it was restarted: link (a turn of control's every 100 ms) looks for it. A full ring
// takes less; the worker tries again.
//
// missing: DPDK 22.11's driver unmaps the shared memory when the peer goes, also under a burst that
// is in it. Measured with workers that are not alone on their CPU: 1 crash in 180 killed peers.
#pragma once

#include <rte_mempool.h>

#include "drivers/port.h"

struct memif_conf {
	const char *name;   // of the port, as configured
	const char *socket; // an absolute path, without commas
	uint32_t id;        // the same at both ends
	bool server;
	uint16_t queues; // 0: one
	struct rte_mempool *pool;
};

// 0 or -errno with one line of why: the path, a directory that is not there, a server that answers
// there already (each server port has a socket of its own). What a killed server left is removed.
int memif_open(const struct memif_conf *, struct port **out, char *why, size_t n);
