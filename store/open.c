/* Opening: the file and its folder, the connection, then the ladder. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/folder.h"
#include "engine/base/words.h"
#include "store/schema.h"

#define BUSY_MS 5000
#define SMALLEST 512      /* SQLite's smallest page: it takes a shorter file for a new one */
#define COPIES_MAX 1000   /* names tried for the copy before a migration */

static void fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);   /* nothing was written through it, or it was synced */
}
#define FD CLEANUP(fd_close) int

static void text_free(char **p)
{
	free(*p);
}
#define TEXT CLEANUP(text_free) char

/* --- the file --- */

/* Can neither be written nor get the files that SQLite puts beside it. */
static bool cannot_write(const char *path)
{
	TEXT *dir = folder_of(path);

	return access(path, W_OK) != 0 || (dir != NULL && access(dir, W_OK | X_OK) != 0);
}

/* Makes folder and file where they are missing, and sees to their modes. */
static enum status prepare_file(struct store *s, bool look, struct fault *f)
{
	TEXT *dir = folder_of(s->path);
	struct stat sb;
	enum status st;

	if (dir == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	if (stat(s->path, &sb) != 0) {
		if (errno != ENOENT || look)
			return folder_fault(f, s->path, N_("%s could not be opened: %s."));
		if ((st = folder_make(dir, f)) != ST_OK)
			return st;
		FD fd = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
		if (fd < 0 || fsync(fd) != 0)
			return folder_fault(f, s->path, N_("%s could not be made: %s."));
		return folder_sync(s->path, f);
	}
	if (!S_ISREG(sb.st_mode))
		return fault_set(f, ST_DISK, "%s is not an ordinary file, so it cannot be the inventory. Name another one with "
				 "--store.", s->path);
	if (sb.st_size > 0 && sb.st_size < SMALLEST)
		return fault_set(f, ST_STORE_DAMAGED,
				 "The inventory %s is cut short: only its beginning is left. It was left as it is. The keys on the "
				 "devices and the wrapped-key files are not touched by that: go back to a copy of it.", s->path);
	s->read_only = look || cannot_write(s->path);
	if (!s->read_only && (sb.st_mode & 077) != 0 && chmod(s->path, 0600) != 0 && errno != EPERM)
		return folder_fault(f, s->path, N_("%s could not be closed to other users: %s."));
	return ST_OK;
}

/* --- the connection --- */

/* "file:..." with all escaped that means something in a URI. The medium cannot change: that is what immutable says. */
static char *immutable_uri(const char *path)
{
	static const char fine[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-";
	char *uri = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&uri, &n);

	if (out == NULL)
		return NULL;
	fprintf(out, "file:");
	for (; *path != '\0'; path++)
		fprintf(out, strchr(fine, *path) != NULL ? "%c" : "%%%02X", (unsigned char)*path);
	fprintf(out, "?immutable=1");
	if (fclose(out) == 0)
		return uri;
	free(uri);
	return NULL;
}

static void forget_connection(struct store *s)
{
	(void)sqlite3_close_v2(s->db);
	s->db = NULL;
}

static enum status connect_to(struct store *s, const char *name, int flags, bool wait, struct fault *f)
{
	int rc;

	forget_connection(s);
	rc = sqlite3_open_v2(name, &s->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	if (rc != SQLITE_OK)
		return db_fault(s, rc, f);
	(void)sqlite3_busy_timeout(s->db, wait ? BUSY_MS : 0);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return db_exec(s, "PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON; PRAGMA synchronous = FULL;"
			  "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY; PRAGMA case_sensitive_like = OFF;", f);
}

/*
 * A medium that cannot be written. Another user may be writing there all the same, so the usual way is tried first; it
 * needs the two files that SQLite keeps beside, which a medium without write access cannot get.
 */
static enum status connect_to_look(struct store *s, bool wait, int *ret_version, struct fault *f)
{
	enum status st = connect_to(s, s->path, SQLITE_OPEN_READONLY, wait, f);
	TEXT *wal = NULL, *uri = NULL;
	struct stat sb;
	int rc;

	if (st == ST_OK && (st = schema_read_version(s, ret_version, f)) == ST_OK)
		return ST_OK;
	rc = s->db != NULL ? sqlite3_errcode(s->db) & 0xff : SQLITE_CANTOPEN;
	if ((st != ST_DISK && st != ST_STORE_READ_ONLY) || (rc != SQLITE_CANTOPEN && rc != SQLITE_READONLY))
		return st;
	if (asprintf(&wal, "%s-wal", s->path) < 0) {
		wal = NULL;
		return fault_set(f, ST_NO_MEMORY, NULL);
	}
	if (stat(wal, &sb) == 0 && sb.st_size > 0)
		return fault_set(f, ST_STORE_READ_ONLY, "The inventory %s cannot be written, and its newest entries stand in %s, "
				 "which only a disk that can be written can take in. Copy both files to one, then open it there.",
				 s->path, wal);
	if ((uri = immutable_uri(s->path)) == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	if ((st = connect_to(s, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, wait, f)) != ST_OK)
		return st;
	return schema_read_version(s, ret_version, f);
}

/* SQLite does not wait by itself for others who are opening the same file while the mode of a new one changes. */
static enum status switch_to_wal(struct store *s, bool wait, struct fault *f)
{
	int rc, waited = 0;

	while ((rc = sqlite3_exec(s->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL)) != SQLITE_OK) {
		if ((rc & 0xff) != SQLITE_BUSY || !wait || waited >= BUSY_MS)
			return db_fault(s, rc, f);
		waited += sqlite3_sleep(20);
	}
	return ST_OK;
}

/* --- the copy before a migration --- */

/* A name that is free: PATH.version-1, PATH.version-1.2 and so on. */
static char *copy_name(const char *path, int version)
{
	char *name = NULL;
	struct stat sb;

	for (int i = 1; i < COPIES_MAX; i++) {
		int rc = i == 1 ? asprintf(&name, "%s.version-%d", path, version)
				: asprintf(&name, "%s.version-%d.%d", path, version, i);

		if (rc < 0)
			return NULL;
		if (lstat(name, &sb) != 0 && errno == ENOENT)
			return name;
		free(name);
		name = NULL;
	}
	return NULL;
}

static enum status copy_into(struct store *s, const char *beside, const char *name, struct fault *f)
{
	QUERY q = { 0 };
	enum status st = query_prepare(&q, s, "VACUUM INTO ?1", f);

	if (st != ST_OK)
		return st;
	bind_text(&q, beside, strlen(beside) + 1);
	if ((st = query_run(&q, f)) != ST_OK)
		return st;
	FD fd = open(beside, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0 || renameat2(AT_FDCWD, beside, AT_FDCWD, name, RENAME_NOREPLACE) != 0)
		return folder_fault(f, name, N_("%s could not be written: %s."));
	return folder_sync(name, f);
}

/* VACUUM INTO reads every page, so that what is damaged is seen before it is migrated. */
static enum status copy_aside(struct store *s, int version, struct fault *f)
{
	TEXT *name = copy_name(s->path, version), *beside = NULL;
	enum status st;

	if (name == NULL || asprintf(&beside, "%s.XXXXXX", name) < 0) {
		beside = NULL;
		return fault_set(f, ST_NO_MEMORY, NULL);
	}
	FD fd = mkostemp(beside, O_CLOEXEC);   /* mode 0600; an empty file is taken by VACUUM INTO */
	if (fd < 0)
		return folder_fault(f, name, N_("%s could not be written: %s."));
	if ((st = copy_into(s, beside, name, f)) != ST_OK) {
		(void)unlink(beside);
		fault_add(f, "The inventory must be copied aside before this Keyroom can bring it up to date, so it was left as "
			  "it is.");
	}
	return st;
}

/* --- */

static enum status open_existing_or_new(struct store *s, bool wait, struct fault *f)
{
	bool in_memory = strcmp(s->path, ":memory:") == 0;
	int version = 0;
	enum status st;

	if (s->read_only)
		st = connect_to_look(s, wait, &version, f);
	else if ((st = connect_to(s, s->path, SQLITE_OPEN_READWRITE | (in_memory ? SQLITE_OPEN_MEMORY : 0), wait, f)) == ST_OK)
		st = schema_read_version(s, &version, f);
	if (st != ST_OK)
		return st;
	if (s->read_only) {
		if (version == 0)
			return fault_set(f, ST_NOT_FOUND, "%s is empty: there is no inventory in it yet.", s->path);
		if (version < s->ladder->top)
			return fault_set(f, ST_STORE_READ_ONLY, "The inventory %s was made by an older Keyroom and has to be brought "
					 "up to date, but it cannot be written. Copy it to a disk that can be written, and open it "
					 "there.", s->path);
		return ST_OK;
	}
	if ((st = switch_to_wal(s, wait, f)) != ST_OK)
		return st;
	if (version == s->ladder->top)
		return ST_OK;
	if (version > 0 && !in_memory && (st = copy_aside(s, version, f)) != ST_OK)
		return st;
	return schema_climb(s, f);
}

enum status schema_open(const char *path, unsigned flags, const struct ladder *ladder, struct store **ret, struct fault *f)
{
	CLEANUP(store_close_guard) struct store *s = calloc(1, sizeof(*s));
	bool special = *path == '/' || strcmp(path, ":memory:") == 0;
	enum status st;

	if (s == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	s->ladder = ladder;
	/* SQLite reads meaning into some names, but into none that begins with a dot. */
	if (asprintf(&s->path, "%s%s", special ? "" : "./", path) < 0) {
		s->path = NULL;
		return fault_set(f, ST_NO_MEMORY, NULL);
	}
	if (strcmp(path, ":memory:") != 0 && (st = prepare_file(s, (flags & STORE_LOOK) != 0, f)) != ST_OK)
		return st;
	if ((st = open_existing_or_new(s, (flags & STORE_NO_WAIT) == 0, f)) != ST_OK || (st = write_prepare(s, f)) != ST_OK)
		return st;
	*ret = STEAL(s);
	return ST_OK;
}

enum status store_open(const char *path, unsigned flags, struct store **ret, struct fault *f)
{
	return schema_open(path, flags, &schema_ladder, ret, f);
}
