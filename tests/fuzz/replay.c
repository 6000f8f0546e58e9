/* replay FOLDER ROUNDS: every file of a corpus as it is, then ROUNDS changes of each, the same in every run. */
#include <dirent.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

#define INPUT_MAX 16384

struct input {
	uint8_t bytes[INPUT_MAX];
	size_t n;
};

static uint64_t state = 0x9e3779b97f4a7c15u;   /* xorshift64 */

static size_t below(size_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return n == 0 ? 0 : (size_t)(state % n);
}

/* In a block of its own size, so that a sanitizer sees a read past its end. */
static void feed(const struct input *in)
{
	uint8_t *exact = malloc(in->n > 0 ? in->n : 1);

	MUST(exact != NULL);
	memcpy(exact, in->bytes, in->n);
	(void)LLVMFuzzerTestOneInput(exact, in->n);
	free(exact);
}

static void change(struct input *in)
{
	static const uint8_t telling[] = { 0x00, 0x01, 0x02, 0x04, 0x30, 0x7f, 0x80, 0x81, 0x82, 0x83, 0x84, 0xff };
	size_t at = below(in->n);

	switch (below(6)) {
	case 0:
		in->bytes[at] ^= (uint8_t)(1 << below(8));
		break;
	case 1:
		in->bytes[at] = telling[below(sizeof(telling))];
		break;
	case 2:
		in->bytes[at] = (uint8_t)below(256);
		break;
	case 3:
		in->n = at;
		break;
	case 4:   /* one byte less in the middle */
		memmove(in->bytes + at, in->bytes + at + 1, in->n - at - 1);
		in->n--;
		break;
	default:   /* one byte more */
		if (in->n == INPUT_MAX)
			break;
		memmove(in->bytes + at + 1, in->bytes + at, in->n - at);
		in->n++;
	}
}

static void replay(const struct input *seed, unsigned long rounds)
{
	static struct input in;

	feed(seed);
	for (unsigned long i = 0; i < rounds; i++) {
		in = *seed;
		for (size_t k = 0; k <= below(4) && in.n > 0; k++)
			change(&in);
		feed(&in);
	}
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int not_hidden(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	static struct input seed;
	struct dirent **files;
	char path[4096];
	int n;

	MUST(argc == 3);
	n = scandir(argv[1], &files, not_hidden, by_name);
	MUST(n > 0);
	for (int i = 0; i < n; i++) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s", argv[1], files[i]->d_name);
		f = fopen(path, "rb");
		MUST(f != NULL);
		seed.n = fread(seed.bytes, 1, sizeof(seed.bytes), f);
		fclose(f);
		replay(&seed, strtoul(argv[2], NULL, 10));
		free(files[i]);
	}
	free(files);
	printf("%d seeds\n", n);
	return 0;
}
