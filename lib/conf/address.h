// IPv6 addresses, prefixes and MAC addresses in a configuration file, and what was probably meant
// by one that is wrong.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

// False with one line of what is wrong, and the nearest right thing, in `why`.
bool address_parse(const char *text, struct ip6_addr *out, char *why, size_t n);
bool address_prefix_parse(const char *text, struct ip6_prefix *out, char *why, size_t n);
bool address_mac_parse(const char *text, uint8_t out[6], char *why, size_t n);
