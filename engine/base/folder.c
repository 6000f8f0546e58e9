#include "engine/base/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/words.h"

/* The callers' literals are checked against the attribute of the declaration. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
enum status folder_fault(struct fault *f, const char *path, const char *fmt)
{
	int err = errno;
	enum status st = err == ENOENT ? ST_NOT_FOUND : ST_DISK;

	st = fault_set(f, st, fmt, path, strerror(err));
	if (f != NULL)
		f->native = err;
	if (err == ENOSPC || err == EDQUOT)
		fault_add(f, "Make room, or name another disk; nothing was lost.");
	else if (err == EROFS)
		fault_add(f, "The disk is read-only: name another one; nothing was lost.");
	return st;
}
#pragma GCC diagnostic pop

char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return strdup(".");
	return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

enum status folder_sync(const char *path, struct fault *f)
{
	char *dir = folder_of(path);
	int fd, rc = -1, err;

	if (dir == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	if (fd >= 0) {
		rc = fsync(fd);
		err = errno;
		(void)close(fd);   /* only read */
		errno = err;
	}
	return rc == 0 ? ST_OK : folder_fault(f, path, N_("%s could not be made safe on the disk: %s."));
}

/* Nothing was looked for, so nothing was not found. */
static enum status not_made(const char *path, int err, struct fault *f)
{
	errno = err;
	if (folder_fault(f, path, N_("%s could not be made: %s.")) == ST_NOT_FOUND && f != NULL)
		f->st = ST_DISK;
	return ST_DISK;
}

enum status folder_make(const char *path, struct fault *f)
{
	char *part = strdup(path);
	enum status st = ST_OK;
	struct stat sb;
	int err;

	if (part == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	for (char *slash = part + 1; st == ST_OK && *part != '\0'; slash++) {
		bool last = *slash == '\0';

		if (*slash != '/' && !last)
			continue;
		*slash = '\0';
		if (mkdir(part, 0700) == 0)
			st = folder_sync(part, f);
		else if ((err = errno) != EEXIST && !(stat(part, &sb) == 0 && S_ISDIR(sb.st_mode)))
			st = not_made(part, err, f);
		if (last)
			break;
		*slash = '/';
	}
	free(part);
	if (st == ST_OK && (stat(path, &sb) != 0 || !S_ISDIR(sb.st_mode)))
		return fault_set(f, ST_DISK, "%s is not a folder.", path);
	return st;
}
