/* What each of the jobs' threads has for itself: a handle on the inventory. */
#include "engine/keys/digest.h"
#include "store/store.h"
#include "tui/wizard/wizard.h"

/*
 * Shares are opened a thread each: with as many threads as cores, the third of three shares on two cores would have to
 * wait for a whole one to end.
 */
#define WORKERS 8

static enum status open_own(void *path, void **ret, struct fault *f)
{
	struct store *s = NULL;
	enum status st = store_open(path, 0, &s, f);

	if (st == ST_OK)
		*ret = s;
	return st;
}

static void close_own(void *local)
{
	store_close(local);
}

void wizard_jobs_config(const char *store_path, struct source *source, struct jobs_config *ret)
{
	*ret = (struct jobs_config){ .source = source, .workers = WORKERS, .meanwhile = digest_prepare };
	if (!store_path)
		return;
	ret->thread_new = open_own;
	ret->thread_free = close_own;
	ret->thread_ctx = (void *)(uintptr_t)store_path;
}
