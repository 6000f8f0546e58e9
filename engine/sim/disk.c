#include "engine/sim/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/sim/digest.h"

#define HEAD_N 20              /* magic, room */
#define SLOT_AT 4096           /* the first slot; a page, so that a torn page harms one part only */
#define SLOT_HEAD_N 44         /* generation 8, length 4, digest 32 */
#define ROOM_MAX (16u << 20)

static const char magic[16] = "keyroom-sim 0001";

static enum status disk_fault(struct fault *f, const char *did)
{
	int err = errno;
	enum status st = fault_set(f, ST_DISK, "The simulated card's file could not be %s: %s.", did, strerror(err));

	if (f != NULL)
		f->native = err;
	return st;
}

static enum status damaged(struct fault *f)
{
	return fault_set(f, ST_DAMAGED, "This is not the file of a simulated card, or it is damaged. Name another file, or "
		"delete it to have a factory-fresh card made in its place.");
}

static void put_be(uint8_t *p, uint64_t v, size_t n)
{
	while (n-- > 0) {
		p[n] = (uint8_t)v;
		v >>= 8;
	}
}

static uint64_t get_be(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | *p++;
	return v;
}

static off_t slot_at(const struct sim_disk *d, uint64_t generation)
{
	return SLOT_AT + (off_t)(generation % 2) * (off_t)(d->room + SLOT_HEAD_N);
}

static bool read_all(int fd, uint8_t *p, size_t n, off_t at)
{
	while (n > 0) {
		ssize_t got = pread(fd, p, n, at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		p += got;
		n -= (size_t)got;
		at += got;
	}
	return true;
}

static bool write_all(int fd, const uint8_t *p, size_t n, off_t at)
{
	while (n > 0) {
		ssize_t put = pwrite(fd, p, n, at);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		p += put;
		n -= (size_t)put;
		at += put;
	}
	return true;
}

void sim_disk_close(struct sim_disk *d)
{
	if (d->fd >= 0)
		(void)close(d->fd);   /* every save was checked when it was made */
	d->fd = -1;
}

/* The lock belongs to the open file, so a second open in the same process is refused as well. */
static enum status lock(int fd, struct fault *f)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return ST_OK;
	if (errno != EWOULDBLOCK)
		return disk_fault(f, "locked");
	return fault_set(f, ST_READER_BUSY, "Another program is using this simulated card. Close it, and try again.");
}

enum status sim_disk_open(struct sim_disk *d, const char *path, bool sync, struct fault *f)
{
	uint8_t head[HEAD_N];
	enum status st;

	*d = (struct sim_disk){ .fd = open(path, O_RDWR | O_CLOEXEC), .sync = sync };
	if (d->fd < 0)
		return errno == ENOENT ? fault_set(f, ST_NOT_FOUND, NULL) : disk_fault(f, "opened");
	st = lock(d->fd, f);
	if (st == ST_OK && (!read_all(d->fd, head, sizeof(head), 0) || memcmp(head, magic, sizeof(magic)) != 0))
		st = damaged(f);
	if (st == ST_OK) {
		d->room = get_be(head + sizeof(magic), 4);
		if (d->room > ROOM_MAX)
			st = damaged(f);
	}
	if (st != ST_OK)
		sim_disk_close(d);
	return st;
}

/* One slot's state into ret, emptied before; false where the slot is not whole. */
static bool load_slot(const struct sim_disk *d, unsigned slot, struct buf *ret, uint64_t *ret_generation)
{
	uint8_t head[SLOT_HEAD_N], part[4096], digest[32];
	off_t at = slot_at(d, slot);
	size_t left;

	buf_done(ret);
	if (!read_all(d->fd, head, sizeof(head), at))
		return false;
	left = get_be(head + 8, 4);
	if (left == 0 || left > d->room || get_be(head, 8) % 2 != slot)
		return false;
	for (at += SLOT_HEAD_N; left > 0;) {
		size_t n = left < sizeof(part) ? left : sizeof(part);

		if (!read_all(d->fd, part, n, at))
			return false;
		buf_put(ret, part, n);
		left -= n;
		at += (off_t)n;
	}
	explicit_bzero(part, sizeof(part));
	if (ret->failed || !sim_sha256(digest, cur_of(head, 12), buf_view(ret)))
		return false;
	*ret_generation = get_be(head, 8);
	return memcmp(digest, head + 12, sizeof(digest)) == 0;
}

enum status sim_disk_load(struct sim_disk *d, struct buf *ret, struct fault *f)
{
	BUF a = { 0 }, b = { 0 };
	uint64_t gen_a = 0, gen_b = 0;
	bool has_a = load_slot(d, 0, &a, &gen_a), has_b = load_slot(d, 1, &b, &gen_b);
	struct buf *best = has_b && (!has_a || gen_b > gen_a) ? &b : &a;

	if (!has_a && !has_b)
		return damaged(f);
	d->generation = best == &b ? gen_b : gen_a;
	buf_done(ret);
	*ret = *best;
	*best = (struct buf){ 0 };
	return ST_OK;
}

enum status sim_disk_save(struct sim_disk *d, struct cur state, struct fault *f)
{
	BUF out = { 0 };
	uint8_t head[SLOT_HEAD_N];

	if (state.n == 0 || state.n > d->room) {
		errno = EFBIG;
		return disk_fault(f, "written");
	}
	put_be(head, d->generation + 1, 8);
	put_be(head + 8, state.n, 4);
	if (!sim_sha256(head + 12, cur_of(head, 12), state))
		return fault_set(f, ST_NO_MEMORY, NULL);
	buf_put(&out, head, sizeof(head));
	buf_cur(&out, state);
	if (out.failed)
		return fault_set(f, ST_NO_MEMORY, NULL);
	if (!write_all(d->fd, out.p, out.n, slot_at(d, d->generation + 1)) || (d->sync && fdatasync(d->fd) != 0))
		return disk_fault(f, "written");
	d->generation++;
	return ST_OK;
}

/* Syncs the folder, so that the new name is on the disk too. */
static bool sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
	int fd = folder == NULL ? -1 : open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done = fd >= 0 && fsync(fd) == 0;

	free(folder);
	if (fd >= 0)
		(void)close(fd);
	return done;
}

static enum status fill(struct sim_disk *d, struct cur state, struct fault *f)
{
	uint8_t head[HEAD_N];
	enum status st = lock(d->fd, f);

	if (st != ST_OK)
		return st;
	memcpy(head, magic, sizeof(magic));
	put_be(head + sizeof(magic), d->room, 4);
	if (!write_all(d->fd, head, sizeof(head), 0))
		return disk_fault(f, "written");
	return sim_disk_save(d, state, f);
}

enum status sim_disk_make(struct sim_disk *d, const char *path, bool sync, size_t room, struct cur state,
			  struct fault *f)
{
	char beside[PATH_MAX];
	enum status st;

	*d = (struct sim_disk){ .fd = -1, .sync = sync, .room = room };
	if (snprintf(beside, sizeof(beside), "%s.%ld.new", path, (long)getpid()) >= (int)sizeof(beside))
		return fault_set(f, ST_BAD_FORM, "The name of the simulated card's file is too long.");
	d->fd = open(beside, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (d->fd < 0)
		return disk_fault(f, "made");
	st = fill(d, state, f);
	if (st == ST_OK && link(beside, path) != 0)
		st = errno == EEXIST ? fault_set(f, ST_FILE_EXISTS, NULL) : disk_fault(f, "made");
	(void)unlink(beside);
	if (st == ST_OK && sync && !sync_folder(path))
		st = disk_fault(f, "synced");
	if (st != ST_OK)
		sim_disk_close(d);
	return st;
}
