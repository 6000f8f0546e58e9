#include "engine/base/secret.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The header is no secret and may live on the heap; the bytes stand at the end of their pages, before the guard page. */
struct secret {
	uint8_t *bytes;
	size_t n, cap;
	void *map;
	size_t map_len;
};

struct secret *secret_new(size_t cap)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t body = (cap + page - 1) / page * page;
	struct secret *s = calloc(1, sizeof(*s));
	uint8_t *map;

	if (s == NULL || cap == 0 || cap > 1 << 20) {
		free(s);
		return NULL;
	}
	map = mmap(NULL, body + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED) {
		free(s);
		return NULL;
	}
	s->map = map;
	s->map_len = body + 2 * page;
	s->cap = cap;
	s->bytes = map + page + body - cap;
	if (mprotect(map + page, body, PROT_READ | PROT_WRITE) != 0 || mlock(map + page, body) != 0 ||
	    madvise(map + page, body, MADV_DONTDUMP) != 0 || madvise(map + page, body, MADV_DONTFORK) != 0) {
		munmap(map, s->map_len);
		free(s);
		return NULL;
	}
	return s;
}

void secret_free(struct secret *s)
{
	if (s == NULL)
		return;
	explicit_bzero(s->bytes, s->cap);
	munmap(s->map, s->map_len);
	free(s);
}

uint8_t *secret_bytes(struct secret *s)
{
	return s->bytes;
}

struct cur secret_view(const struct secret *s)
{
	return cur_of(s->bytes, s->n);
}

size_t secret_len(const struct secret *s)
{
	return s->n;
}

size_t secret_cap(const struct secret *s)
{
	return s->cap;
}

bool secret_set_len(struct secret *s, size_t n)
{
	if (n > s->cap)
		return false;
	s->n = n;
	return true;
}

bool secret_put(struct secret *s, uint8_t byte)
{
	return secret_append(s, &byte, 1);
}

bool secret_drop(struct secret *s)
{
	if (s->n == 0)
		return false;
	explicit_bzero(s->bytes + --s->n, 1);
	return true;
}

bool secret_set(struct secret *s, const void *p, size_t n)
{
	if (n > s->cap)
		return false;
	secret_wipe(s);
	return secret_append(s, p, n);
}

bool secret_append(struct secret *s, const void *p, size_t n)
{
	if (n > s->cap - s->n)
		return false;
	if (n > 0)
		memcpy(s->bytes + s->n, p, n);
	s->n += n;
	return true;
}

void secret_wipe(struct secret *s)
{
	explicit_bzero(s->bytes, s->cap);
	s->n = 0;
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
	return a->n == b->n && CRYPTO_memcmp(a->bytes, b->bytes, a->n) == 0;
}

struct secret *secret_copy(const struct secret *s)
{
	struct secret *c = secret_new(s->cap);

	if (c != NULL)
		(void)secret_append(c, s->bytes, s->n);   /* same capacity: cannot fail */
	return c;
}
