// Messages made octet by octet for the tests of the codec, with a checksum of its own making:
// nothing here calls the emitter that is under test.
#pragma once

#include "test/unit/test.h"
#include "wire/mh.h"

enum { BU_FIXED = 12, BA_FIXED = 12, BE_FIXED = 24, HI_FIXED = 10 };

struct ip6_addr addr_of(const char *text);
struct ip6_addr mag_addr(void); // 2001:db8:0:1::a, where PBUs come from
struct ip6_addr lma_addr(void); // 2001:db8:0:1::1, where they go

// Writes the checksum of n octets between MAG and LMA (either way: the sum is the same).
void seal(uint8_t *mh, size_t n);

// A sealed message of that type: the common header, `fixed` octets in all with zero fields, the
// options as given, zeros (Pad1) up to a multiple of 8. Its length; buf has room for MH_MAX_LEN.
size_t message_with(uint8_t *buf, uint8_t type, size_t fixed, const void *options, size_t n);

// Parses n octets from the MAG to the LMA: first from a copy that ends where its allocation ends,
// so that a sanitizer sees each octet read beyond it; then in place, which must say the same.
enum mh_err parse(const uint8_t *mh, size_t n, struct mh *out);

// A BU that carries these options.
enum mh_err parse_bu(const void *options, size_t n, struct mh *out);

// Asserts equality field by field, except for the counts of skipped options.
void assert_same_message(const struct mh *, const struct mh *);
