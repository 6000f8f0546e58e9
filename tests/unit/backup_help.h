/* What the tests of backup and restore share. */
#ifndef TESTS_UNIT_BACKUP_HELP_H
#define TESTS_UNIT_BACKUP_HELP_H

#include "tests/unit/procs_help.h"

#include <dirent.h>

#define ALL(p) GIVEN({ "all", "1", 0 }, { "out", (p)->out, 0 }, { "pin", PIN, 0 })

/* The files of the folder, by name; at most 8. Returns how many. */
static inline size_t files_in(const char *dir, char out[8][200])
{
	struct dirent **names = NULL;
	const int n = scandir(dir, &names, NULL, alphasort);
	size_t found = 0;

	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.' && found < 8)
			snprintf(out[found++], 200, "%.60s/%.120s", dir, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return found;
}

static inline size_t backups_in(struct place *p, struct backup_row **ret)
{
	const struct backup_filter filter = { 0 };
	struct fault f = { 0 };
	size_t n = 0;

	must(store_backups(p->store, &filter, ret, &n, &f));
	return n;
}

#endif
