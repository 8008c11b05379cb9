// Writes the seeds of the corpus 'lma': one script for each thing that a binding can live through.
// What the octets mean stands in fuzz_lma.c.
//
// seeds_lma DIR
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
	UPDATE = 0,
	SAY = 8,
	BEAT,
	FORBID,
	OPERATE,
	PASS,
	WAIT,
	SLEEP,
	STEP_CLOCK,
	RESTART,
	N_STEPS
};
enum { UPDATE_FAILS = 12 * N_STEPS }; // of 192 and more: an octet of BINDs that fail
enum { NEW = 0, BETWEEN_INTERFACES, BETWEEN_MAGS, UNKNOWN, SAME, SHARED }; // HI - 1
enum { ZERO = 0, GRANTED = 1, NAMED = 3 };
enum { SERVICE = 32, LLA = 64, ALT_COA = 128 };
enum { CONFIGURATIONS = 6 };

static uint8_t script[512];
static size_t n;

static void put(uint8_t octet)
{
	if (n < sizeof(script))
		script[n++] = octet;
}

static void begin(uint8_t configuration)
{
	n = 0;
	put(0);
	put(configuration);
}

static void then(uint8_t what, uint8_t how_much)
{
	put(what);
	put(how_much);
}

// One with one prefix option and a right timestamp.
static void put_update(uint8_t iface, uint8_t mag, uint8_t hi, uint8_t hnp, uint8_t life_4s)
{
	const uint8_t octets[] = {iface, mag, hi, 0, life_4s, 0, 0, hnp, 0};

	for (size_t i = 0; i < sizeof(octets); i++)
		put(octets[i]);
}

static void update(uint8_t iface, uint8_t mag, uint8_t hi, uint8_t hnp, uint8_t life_4s)
{
	put(UPDATE);
	put_update(iface, mag, hi, hnp, life_4s);
}

static void life(uint8_t iface)
{
	update(iface, 0, NEW, ZERO, 10);
	then(PASS, 5);
	update(iface, 0, SAME, GRANTED, 10);
	then(PASS, 5);
	update(iface, 2, BETWEEN_MAGS, GRANTED, 10);
	then(PASS, 5);
	update(iface, 2, SAME, GRANTED, 0);
	then(WAIT, 3);
	update(iface, 2, NEW, GRANTED, 10);
}

static void other_lives(uint8_t iface)
{
	update(iface, 0, NEW, ZERO, 10);
	then(PASS, 5);
	update((uint8_t)(iface + 1), 3, SHARED, NAMED, 10);
	then(PASS, 5);
	update((uint8_t)(iface + 1), 3, BETWEEN_INTERFACES, NAMED, 10);
	update(iface, 4, UNKNOWN, ZERO, 10); // waits for the old MAG
	then(PASS, 20);
	update(iface, 0, SAME, GRANTED, 0);
	then(PASS, 200);
	then(OPERATE, 0);
	then(WAIT, 60);
}

static void trouble(uint8_t iface)
{
	static const uint8_t with_all[] = {UPDATE, 9, 0, 0, SERVICE | LLA | ALT_COA, 10, 0, 0, 0,
					   ZERO,   1, 2, 0};

	for (uint8_t i = 0; i < 4; i++)
		update((uint8_t)(iface + 3 * i), i, NEW, ZERO, 20);
	then(UPDATE_FAILS, 1);
	put_update(iface, 1, BETWEEN_MAGS, GRANTED, 20);
	for (size_t i = 0; i < sizeof(with_all); i++)
		put(with_all[i]);
	put(BEAT);
	then(64 | 8, 1);
	put(FORBID);
	then(2, 0);
	then(STEP_CLOCK, 200);
	then(SLEEP, 100);
	update(iface, 1, SAME, GRANTED, 20);
	then(WAIT, 100);
	put(RESTART);
	life(iface);
}

static bool save(const char *dir, const char *name, uint8_t configuration)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s-%u", dir, name, (unsigned)configuration);
	FILE *f = fopen(path, "wb");
	if (f == NULL) {
		perror(path);
		return false;
	}
	bool ok = fwrite(script, 1, n, f) == n;
	return fclose(f) == 0 && ok;
}

int main(int argc, char **argv)
{
	bool ok = true;

	if (argc != 2) {
		fprintf(stderr, "usage: %s DIR\n", argv[0]);
		return 2;
	}
	for (uint8_t c = 0; c < CONFIGURATIONS; c++) {
		begin(c);
		life((uint8_t)(c * 3));
		ok = save(argv[1], "life", c) && ok;
		begin(c);
		other_lives((uint8_t)(c * 3));
		ok = save(argv[1], "lives", c) && ok;
		begin(c);
		trouble((uint8_t)(c * 3));
		ok = save(argv[1], "trouble", c) && ok;
	}
	return ok ? 0 : 1;
}
