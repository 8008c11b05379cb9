// Replays a corpus without a fuzzer: each file as it is, each prefix of it, and each octet changed
// in a few ways. Bounded, the same in every run, in every compiler; on a crash it says where it
// was.
//
// replay_<target> DIR [RUNS_A_FILE]
#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "test/fuzz/fuzz.h"

enum { MAX_FILE = 65535, MAX_RUNS_A_FILE = 20000 };

static char position[512];

static void tell_position(int sig)
{
	ssize_t ignored = write(STDERR_FILENO, position, strlen(position));

	(void)ignored;
	signal(sig, SIG_DFL);
	raise(sig);
}

// From memory of exactly its size, so that a sanitizer sees each octet read beyond it.
static void run(const char *file, const char *what, size_t at, const uint8_t *data, size_t n)
{
	uint8_t *exact = malloc(n > 0 ? n : 1);

	if (exact == NULL)
		exit(1);
	if (n > 0)
		memcpy(exact, data, n);
	snprintf(position, sizeof(position), "replay: %s, %s %zu\n", file, what, at);
	LLVMFuzzerTestOneInput(n > 0 ? exact : exact + 1, n);
	free(exact);
}

// Every step-th octet, so that a long file costs no more than `most`.
static unsigned replay(const char *file, uint8_t *data, size_t n, size_t most)
{
	unsigned runs = 1;
	size_t step = n * 7 / most + 1;

	run(file, "whole", n, data, n);
	for (size_t i = 0; i < n; i += step, runs += 7) {
		const uint8_t octet = data[i];
		const uint8_t changed[] = {0,
					   0xff,
					   octet ^ 0x01,
					   octet ^ 0x80,
					   (uint8_t)(octet + 1),
					   (uint8_t)(octet - 1)};
		run(file, "cut to", i, data, i);
		for (size_t k = 0; k < sizeof(changed); k++) {
			data[i] = changed[k];
			run(file, "changed octet", i, data, n);
		}
		data[i] = octet;
	}
	return runs;
}

static size_t load(const char *path, uint8_t *data)
{
	FILE *f = fopen(path, "rb");

	if (f == NULL) {
		perror(path);
		exit(1);
	}
	size_t n = fread(data, 1, MAX_FILE, f);
	fclose(f);
	return n;
}

static int is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	static uint8_t data[MAX_FILE];
	struct dirent **names;
	unsigned long runs = 0;

	size_t most = argc == 3 ? strtoul(argv[2], NULL, 10) : MAX_RUNS_A_FILE;

	if (argc < 2 || argc > 3 || most == 0) {
		fprintf(stderr, "usage: %s DIR [RUNS_A_FILE]\n", argv[0]);
		return 2;
	}
	if (LLVMFuzzerInitialize != NULL)
		LLVMFuzzerInitialize(&argc, &argv);
	signal(SIGABRT, tell_position);
	signal(SIGSEGV, tell_position);
	int n = scandir(argv[1], &names, is_input, alphasort);
	if (n <= 0) {
		fprintf(stderr, "%s: no inputs\n", argv[1]);
		return 1;
	}
	for (int i = 0; i < n; i++) {
		char path[4096];
		snprintf(path, sizeof(path), "%s/%s", argv[1], names[i]->d_name);
		runs += replay(names[i]->d_name, data, load(path, data), most);
		free(names[i]);
	}
	free(names);
	printf("%d inputs, %lu runs\n", n, runs);
	return 0;
}
