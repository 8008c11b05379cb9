// DPDK's environment for a test program: one core, no huge pages, nothing of the machine's own.
//
// Each program gets a file prefix with its process id, so that programs run side by side.
#pragma once

#include <stdio.h>
#include <unistd.h>

#include <rte_eal.h>

// Once per process. 0, or -1 with DPDK's reason on stderr.
static inline int eal_start(const char *program)
{
	char prefix[64];
	char *argv[] = {(char *)(uintptr_t)program,
			(char *)"--no-huge",
			(char *)"--no-shconf",
			(char *)"-m",
			(char *)"256",
			(char *)"--no-pci",
			(char *)"--no-telemetry",
			(char *)"-l",
			(char *)"0",
			(char *)"--log-level=error",
			prefix};

	snprintf(prefix, sizeof(prefix), "--file-prefix=kedge-%s-%d", program, (int)getpid());
	return rte_eal_init(sizeof(argv) / sizeof(argv[0]), argv) < 0 ? -1 : 0;
}
