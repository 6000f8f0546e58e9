/* What only the fields know of a page's answers: lines without gaps, and secrets that were typed twice. */
#include "tui/console/fields.h"

#include <string.h>

#include "engine/base/words.h"

/* The lines that were filled, without gaps. */
static void store_files(const struct fields *fs, const struct question *q)
{
	unsigned n = 0;

	for (unsigned i = run_count(fs->run, q->name); i-- > 0;)
		(void)run_set(fs->run, q->name, i, NULL, NULL);
	for (size_t i = 0; i < fs->n; i++) {
		if (fs->f[i].q == q && fs->f[i].edit->n > 0)
			(void)run_set(fs->run, q->name, n++, fs->f[i].edit->text, NULL);
	}
}

enum status fields_check(struct fields *fs, struct fault *f)
{
	for (size_t i = 0; i < fs->n; i++) {
		struct field *one = &fs->f[i];
		struct secret *first;

		if (one->q->ask == ASK_FILES && (i == 0 || fs->f[i - 1].q != one->q))
			store_files(fs, one->q);
		if (!one->again)
			continue;
		first = run_secret(fs->run, one->q->name, one->index);
		if (first != NULL && secret_equal(first, one->second))
			continue;
		if (first != NULL && secret_len(one->second) > 0)
			secret_wipe(first);
		fs->at = secret_len(one->second) > 0 ? i - 1 : i;
		if (secret_len(one->second) == 0)
			return fault_set(f, ST_BAD_FORM, "Type it a second time here, so that a slip of the finger is noticed.");
		secret_wipe(one->second);
		return fault_set(f, ST_BAD_FORM, "The two entries are not the same. Both were erased: type it again, twice.");
	}
	return fs->no_memory ? fault_set(f, ST_NO_MEMORY, NULL) : ST_OK;
}
