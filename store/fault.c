/* What SQLite's result codes mean for the person in front of it. */
#include <errno.h>
#include <sys/stat.h>

#include "engine/base/words.h"
#include "store/db.h"

struct meaning {
	int code;           /* primary */
	enum status st;
	const char *words;  /* %s: the inventory's path */
};

static const struct meaning meanings[] = {
	{ SQLITE_NOMEM, ST_NO_MEMORY, N_("This computer has run out of memory, and the inventory %s was not changed. Close other "
				      "programs, then try again.") },
	{ SQLITE_FULL, ST_DISK, N_("The disk is full: the inventory %s could not be written, and is as it was before. Make room, "
				"then try again.") },
	{ SQLITE_IOERR, ST_DISK, N_("The disk with the inventory %s could not be read or written. What was recorded before is "
				 "still there as far as the disk keeps it: copy it to another disk now.") },
	{ SQLITE_CANTOPEN, ST_DISK, N_("The inventory %s, or a file that belongs to it, could not be opened. Look at who owns its "
				    "folder and whether it can be written.") },
	{ SQLITE_PERM, ST_DISK, N_("The inventory %s may not be used by this user. Look at who owns it.") },
	{ SQLITE_READONLY, ST_STORE_READ_ONLY, N_("The inventory %s cannot be written any more, and nothing was recorded. Make its "
					       "disk writable, or copy it to another one.") },
	{ SQLITE_BUSY, ST_STORE_BUSY, N_("Another program has locked the inventory %s, and nothing was recorded. Wait until it is "
				      "done, or close it, then try again.") },
	{ SQLITE_LOCKED, ST_STORE_BUSY, N_("The inventory %s is locked, and nothing was recorded. Try again.") },
	{ SQLITE_CORRUPT, ST_STORE_DAMAGED, N_("The inventory %s is damaged. The keys on the devices and the wrapped-key files are "
					    "not touched by that. Copy it away as it is, and go back to a copy of it.") },
	{ SQLITE_NOTADB, ST_STORE_DAMAGED, N_("%s is not an inventory, or is damaged beyond reading. It was left as it is: go back "
					   "to a copy of it, or name another file with --store.") },
	{ SQLITE_CONSTRAINT, ST_STORE, N_("The inventory %s does not take this, because it contradicts what it knows. Nothing was "
				       "recorded.") },
	{ SQLITE_MISMATCH, ST_STORE, N_("The inventory %s does not take a value of this kind. Nothing was recorded.") },
	{ SQLITE_TOOBIG, ST_BAD_FORM, N_("This is too long for the inventory %s. Nothing was recorded.") },
	{ SQLITE_INTERRUPT, ST_CANCELLED, N_("It was cancelled before the inventory %s was changed.") },
	/* The SQL is ours and tested against the schema: a missing table is the file's doing. */
	{ SQLITE_ERROR, ST_STORE_DAMAGED, N_("The inventory %s is not as this program makes it. The keys on the devices are not "
					  "touched by that. Copy it away as it is, and go back to a copy of it.") },
	{ SQLITE_SCHEMA, ST_STORE_DAMAGED, N_("The inventory %s was changed by another program while it was open. Start again.") },
};

/* A disk fault behind the code that SQLite gives: the shared-memory file cannot grow either where there is no room. */
static int real_code(struct store *s, int rc)
{
	int primary = rc & 0xff;

	if (rc == SQLITE_IOERR_NOMEM)
		return SQLITE_NOMEM;
	if (s->db != NULL && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN)) {
		int err = sqlite3_system_errno(s->db);

		if (err == ENOSPC || err == EDQUOT)
			return SQLITE_FULL;
		if (err == EROFS)
			return SQLITE_READONLY;
	}
	return primary;
}

enum status db_fault(struct store *s, int rc, struct fault *f)
{
	int code = real_code(s, rc);
	enum status st = ST_STORE;
	size_t i;

	for (i = 0; i < sizeof(meanings) / sizeof(*meanings) && meanings[i].code != code; i++)
		;
	if (i < sizeof(meanings) / sizeof(*meanings)) {
		const char *words_of = translated(meanings[i].words), *mark = strstr(words_of, "%s");
		char words[1600];

		/* The table's own words: the one %s in each is the path. */
		st = meanings[i].st;
		snprintf(words, sizeof(words), "%.*s%s%s", (int)(mark - words_of), words_of, s->path, mark + 2);
		fault_set(f, st, "%s", words);
	} else {
		fault_set(f, st, "The inventory %s could not be used.", s->path);
	}
	if (s->db != NULL && st != ST_NO_MEMORY)
		fault_add(f, "(%s)", sqlite3_errmsg(s->db));
	if (f != NULL)
		f->native = rc;
	return st;
}
