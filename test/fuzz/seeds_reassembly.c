// Writes the seeds of the corpus 'reassembly': scripts, whose octets fuzz_reassembly.c explains.
//
// seeds_reassembly DIR
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

// A step, and how many octets belong to it.
enum { PIECE = 0, ALL = 4, DOWN, TURN, PASS, LONG_PASS, TAKE, GIVE };
enum { ROOM = 15, NO_TIGHT_TUNNEL = 192 };
enum { END = 1, OTHER_NEXT = 2, MARKED = 4, ODD_END = 8, SHORT = 16 };

struct seed {
	const char *name;
	uint8_t n, script[64];
};

static const struct seed seeds[] = {
	{"in-order", 6, {ROOM, ALL, 1, 1, 0, 64}},
	{"last-first", 6, {ROOM, ALL, 2, 1, 1, 64}},
	{"doubled", 6, {ROOM, ALL, 1, 1, 4 | 1 << 4, 30}},
	{"one-late",
	 18,
	 {ROOM, ALL, 1, 1, 2 | 1 << 4, 63, TURN, PASS, 50, PIECE, 1, 1, 0, 0, 64, 2, 0, TURN}},
	{"timed-out", 9, {ROOM, ALL, 1, 1, 2 | 1 << 4, 63, TURN, LONG_PASS, 61}},
	{"long", 6, {ROOM, ALL, 3, 1, 0, 160}},
	{"too-many", 6, {ROOM, ALL, 3, 1, 0, 20}},
	{"signalling", 11, {ROOM, ALL, 4, 1, 0, 60, ALL, 5, 1, 1, 100}},
	{"signalling-late", 9, {ROOM, ALL, 4, 1, 2, 60, TURN, LONG_PASS, 3}},
	{"full", 16, {2, ALL, 1, 1, 2, 30, ALL, 2, 2, 2, 60, ALL, 1, 3, 0, 80}},
	{"no-buffers", 10, {ROOM, TAKE, 3, ALL, 1, 1, 0, 64, GIVE, TURN}},
	{"overlap", 17, {ROOM, PIECE, 1, 1, 0, 0, 0, 2, 0, PIECE, 1, 1, 0, 0, 32, 2, 0}},
	{"odd-end", 9, {ROOM, PIECE, 1, 1, END | ODD_END, 0, 64, 1, 3}},
	{"atomic", 9, {ROOM, PIECE, 0, 1, END, 0, 0, 0, 60}},
	{"other-next", 10, {ROOM, PIECE, 0, 1, END | OTHER_NEXT, 0, 0, 0, 60, 17}},
	{"marked",
	 18,
	 {ROOM, ALL, 1, 1, 2, 63, TURN, PIECE, 1, 1, MARKED, 0, 0, 2, 0, TURN, PASS, 1}},
	{"short", 9, {ROOM, PIECE, 0, 1, SHORT, 0, 0, 0, 60}},
	{"far", 9, {ROOM, PIECE, 1, 1, END, 31, 255, 11, 0}},
	{"coloured", 6, {ROOM, ALL, 6, 1, 0, 30}},
	{"coloured-overlap", 27, {ROOM, PIECE, 6,  1,     0, 0, 0,   0, 32, PIECE, 6,  1,    0,   0,
				  3,    0,     32, PIECE, 6, 1, END, 0, 7,  0,     32, TURN, PASS}},
	{"cut", 9, {ROOM, DOWN, 130, 0, DOWN, 140, 1, DOWN, 30}},
	{"not-cut", 4, {NO_TIGHT_TUNNEL, DOWN, 200, 0}},
	{"cut-no-buffers", 6, {ROOM, TAKE, 2, DOWN, 130, 0}},
};

int main(int argc, char **argv)
{
	bool ok = true;

	if (argc != 2) {
		fprintf(stderr, "usage: %s DIR\n", argv[0]);
		return 2;
	}
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		char path[4096];
		snprintf(path, sizeof(path), "%s/%s", argv[1], seeds[i].name);
		FILE *f = fopen(path, "wb");
		ok = f != NULL && fwrite(seeds[i].script, 1, seeds[i].n, f) == seeds[i].n && ok;
		if (f == NULL || fclose(f) != 0) {
			perror(path);
			ok = false;
		}
	}
	return ok ? 0 : 1;
}
