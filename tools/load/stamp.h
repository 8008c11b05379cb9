// The payload of a packet: who it is, when it was sent, and a check of all that.
//
// Ten octets, so that they fit a 64 byte frame behind its IPv6 header: number and time of 32 bits
// each, and a check of 16 over both, the stream and the length. What is longer is filled with a
// pattern that begins elsewhere for each number. Pure, any thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { STAMP_LEN = 10, STAMP_ROOM = 1536 }; // octets: at least, at most

struct stamp {
	uint32_t number; // within its stream
	uint32_t time;   // the caller's unit
};

// Fills `len` octets, STAMP_LEN to STAMP_ROOM.
void stamp_write(uint8_t *p, uint16_t len, uint32_t stream, struct stamp);
// False, and *out untouched, if that is no payload of this stream, or one that was changed.
bool stamp_read(const uint8_t *p, uint16_t len, uint32_t stream, struct stamp *out);
