// Heartbeats as configured, with the restart counter taken from its file (RFC 5847, HB-03).
#pragma once

#include <stddef.h>

#include "conf/conf.h"
#include "mob/heartbeat.h"

// No bindings outlive a process yet, so each start counts as one that lost them. 0 or -errno with
// one line of why. Blocks on the disk: at start only.
int restart_heartbeat(const struct conf *, struct heartbeat_conf *out, char *why, size_t n);
