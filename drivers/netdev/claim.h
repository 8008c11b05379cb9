// One process a netdev: who has it, and what a killed one left on it.
//
// The kernel keeps an XDP program attached when its process is killed. A claim dies with the
// process, so a program of ours without a claim is a leftover. Programs of others are not touched.
#pragma once

#include <stddef.h>

// An open descriptor that holds the netdev of this network namespace for this process; close it to
// let go. Takes a leftover program off. -errno with one line of why. Control thread.
int claim_netdev(const char *netdev, unsigned ifindex, char *why, size_t n);
