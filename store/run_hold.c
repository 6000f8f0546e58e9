/*
 * Which process is at a run just now: a lock on the byte of the run's number, in a file of its own beside the inventory. The
 * kernel gives it back when the process ends, however that came about, so that a run that nobody holds was interrupted. It is
 * a file of its own because SQLite's locks on the inventory would be lost with any other descriptor of that file.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "store/db.h"
#include "store/run.h"

#define SUFFIX "-runs"

static int open_file(struct store *s)
{
	char *path = NULL;
	int fd;

	if (s->runs_file > 0)
		return s->runs_file - 1;
	if (strcmp(s->path, ":memory:") == 0 || asprintf(&path, "%s" SUFFIX, s->path) < 0)
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	free(path);
	if (fd >= 0)
		s->runs_file = fd + 1;
	return fd;
}

static bool lock(struct store *s, int64_t id, int command, struct flock *l)
{
	const int fd = open_file(s);

	l->l_whence = SEEK_SET;
	l->l_start = (off_t)id;
	l->l_len = 1;
	l->l_pid = 0;
	return fd >= 0 && fcntl(fd, command, l) == 0;
}

enum status store_run_hold(struct store *s, int64_t id, struct fault *f)
{
	struct flock l = { .l_type = F_WRLCK };

	/* Where the file system has no locks nobody can tell, and one person at one workstation is what there is. */
	if (lock(s, id, F_OFD_SETLK, &l) || (errno != EAGAIN && errno != EACCES))
		return ST_OK;
	return fault_set(f, ST_REFUSED,
			 "Another Keyroom on this computer is at this procedure just now. Nothing was done here. Go on there, or end that "
			 "one first.");
}

void store_run_release(struct store *s, int64_t id)
{
	struct flock l = { .l_type = F_UNLCK };

	(void)lock(s, id, F_OFD_SETLK, &l);
}

bool store_run_is_held(struct store *s, int64_t id)
{
	struct flock l = { .l_type = F_WRLCK };

	return lock(s, id, F_OFD_GETLK, &l) && l.l_type != F_UNLCK;
}

void run_hold_done(struct store *s)
{
	if (s->runs_file > 0)
		(void)close(s->runs_file - 1);
	s->runs_file = 0;
}
