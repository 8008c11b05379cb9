// The pool of packet buffers.
//
// Thread: made by the main thread before the workers start; its buffers belong to everybody.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct rte_mempool;

// `n` buffers, each with room for an Ethernet frame of MTU 1500, for the longest mobility message
// (RFC 6275 6.1.1) and for a struct fwd_punt. With `whole_pages` each of them is a page of 4096
// bytes, for ports that share them with the kernel. NULL: no memory; rte_errno says why.
struct rte_mempool *buffers_create(const char *name, uint32_t n, bool whole_pages);
