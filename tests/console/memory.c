/* What stands in a program's memory: in those of its pages that it has written, which are all where a typed secret can be. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/console/term.h"

#define PIECE ((size_t)1 << 20)
#define LARGEST ((size_t)1 << 30)   /* a sanitizer's shadow is larger, and no program's data */

/* /proc/PID/pagemap, by Documentation/admin-guide/mm/pagemap.rst: one word a page */
#define PAGE_PRESENT ((uint64_t)1 << 63)
#define PAGE_SWAPPED ((uint64_t)1 << 62)
#define PAGE_OF_FILE ((uint64_t)1 << 61)

struct memory {
	int mem, pagemap;
	unsigned long page;
	struct trace *traces;
	size_t n;
	size_t over;          /* the longest of them, less one */
	char *copy;           /* PIECE and over */
};

static size_t count(const char *hay, size_t n, const char *bytes)
{
	size_t len = strlen(bytes), found = 0;
	const char *at;

	while ((at = memmem(hay, n, bytes, len)) != NULL) {
		found++;
		n -= (size_t)(at - hay) + 1;
		hay = at + 1;
	}
	return found;
}

/* Piece by piece, each with the beginning of the next one, so that nothing is cut in two. */
static void search_pages(const struct memory *m, unsigned long from, unsigned long to, bool secrets)
{
	for (unsigned long at = from; at < to; at += PIECE) {
		size_t want = to - at < PIECE + m->over ? to - at : PIECE + m->over;
		ssize_t got = pread(m->mem, m->copy, want, (off_t)at);

		for (size_t i = 0; i < m->n && got > 0; i++) {
			struct trace *t = &m->traces[i];
			/* No further than needed for what begins in this piece: else it would be counted in the next one too. */
			size_t reach = PIECE + strlen(t->bytes) - 1;
			size_t found = count(m->copy, (size_t)got < reach ? (size_t)got : reach, t->bytes);

			*(secrets ? &t->inside : &t->outside) += found;
		}
	}
}

static bool is_written(uint64_t page)
{
	return (page & PAGE_SWAPPED) != 0 || (page & (PAGE_PRESENT | PAGE_OF_FILE)) == PAGE_PRESENT;
}

static void search_range(const struct memory *m, unsigned long from, unsigned long to, bool secrets)
{
	size_t n = (to - from) / m->page;
	uint64_t *pages;

	if (to - from > LARGEST)
		return;
	pages = calloc(n, sizeof(*pages));
	assert_non_null(pages);
	assert_int_equal(pread(m->pagemap, pages, n * sizeof(*pages), (off_t)(from / m->page * sizeof(*pages))),
			 n * sizeof(*pages));
	for (size_t i = 0, end; i < n; i = end + 1) {
		for (end = i; end < n && is_written(pages[end]); end++)
			continue;
		if (end > i)
			search_pages(m, from + i * m->page, from + end * m->page, secrets);
	}
	free(pages);
}

/* Memory of secrets is left out of dumps and of children, and locked; a sanitizer's mlock() locks nothing. */
static bool is_a_secrets(const char *flags)
{
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
	return strstr(flags, " dd") != NULL && strstr(flags, " dc") != NULL;
#endif
#elif defined(__SANITIZE_ADDRESS__)
	return strstr(flags, " dd") != NULL && strstr(flags, " dc") != NULL;
#endif
	return strstr(flags, " dd") != NULL && strstr(flags, " dc") != NULL && strstr(flags, " lo") != NULL;
}

static int open_of(pid_t pid, const char *name)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

/* Each range of memory that is the program's own and may be read. */
static void search_maps(const struct memory *m, FILE *maps)
{
	unsigned long from = 0, to = 0;
	size_t ranges = 0;
	char line[512];

	while (fgets(line, sizeof(line), maps) != NULL) {
		unsigned long a, b;
		char perms[8];

		if (sscanf(line, "%lx-%lx %7s", &a, &b, perms) == 3 && strchr(perms, 'p') != NULL)
			from = perms[0] == 'r' ? a : 0, to = b;
		if (strncmp(line, "VmFlags:", 8) != 0 || from == 0)
			continue;
		ranges++;
		search_range(m, from, to, is_a_secrets(line));
		from = 0;
	}
	assert_true(ranges > 5);   /* it did read the program's memory */
}

void term_search_traces(const struct term *t, struct trace *traces, size_t n)
{
	struct memory m = { open_of(term_pid(t), "mem"), open_of(term_pid(t), "pagemap"), (unsigned long)sysconf(_SC_PAGESIZE),
			    .traces = traces, .n = n };
	FILE *maps = fdopen(open_of(term_pid(t), "smaps"), "r");

	for (size_t i = 0; i < n; i++) {
		traces[i].outside = traces[i].inside = 0;
		if (strlen(traces[i].bytes) - 1 > m.over)
			m.over = strlen(traces[i].bytes) - 1;
	}
	m.copy = malloc(PIECE + m.over);
	assert_non_null(m.copy);
	assert_non_null(maps);
	search_maps(&m, maps);
	free(m.copy);
	(void)fclose(maps);
	(void)close(m.mem);
	(void)close(m.pagemap);
}

size_t term_search_memory(const struct term *t, const char *bytes, size_t *ret_in_secrets)
{
	struct trace trace = { .bytes = bytes };

	term_search_traces(t, &trace, 1);
	*ret_in_secrets = trace.inside;
	return trace.outside;
}
