// SipHash-1-3, the keyed hash for tables whose keys a peer can choose (SEC-04): without the key
// nobody can make entries collide. Any thread.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
	uint64_t k0, k1;
};

uint64_t siphash(struct siphash_key, const void *data, size_t n);
