// Starting DPDK from our configuration: which lcores, how much memory, which drivers.
//
// The operator writes YAML, never EAL options. Control runs on the main lcore (0), worker w on
// lcore w + 1. Without huge pages all lcores float over the CPUs that the process may use (a
// try-out shares its machine); with them each has a CPU of its own, or start is refused.
#pragma once

#include <stddef.h>

#include "conf/conf.h"

// 0 or -errno with one line of why and what to do. Once a process.
int eal_start(const char *program, const struct conf *, char *why, size_t n);

// What the ports add to EAL's arguments: which NICs it may touch (by default it takes every one
// that is bound to a driver of its kind), and how memory is laid out. How many.
enum { EAL_ARG = 320, EAL_DEVICES = 32 };
unsigned eal_devices(const struct conf *, char (*out)[EAL_ARG], unsigned max);
