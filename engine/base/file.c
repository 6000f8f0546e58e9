#include "engine/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/folder.h"
#include "engine/base/words.h"

#define HASH_LEN 32

static void fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);   /* what was written has been synced and checked before */
}
#define FD CLEANUP(fd_close) int

static ssize_t read_again(int fd, void *p, size_t n)
{
	ssize_t got;

	do
		got = read(fd, p, n);
	while (got < 0 && errno == EINTR);
	return got;
}

static enum status too_large(const char *path, size_t max, struct fault *f)
{
	return fault_set(f, ST_DAMAGED, "%s is larger than such a file can be (%zu bytes at most).", path, max);
}

enum status file_read(const char *path, size_t max, struct buf *ret, struct fault *f)
{
	FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	BUF b = { 0 };
	uint8_t part[4096];
	struct stat sb;
	ssize_t got;

	if (fd < 0 || fstat(fd, &sb) != 0)
		return folder_fault(f, path, N_("%s could not be opened: %s."));
	if (!S_ISREG(sb.st_mode))
		return fault_set(f, ST_DISK, "%s is not an ordinary file.", path);
	while ((got = read_again(fd, part, sizeof(part))) > 0 && b.n <= max)
		buf_put(&b, part, (size_t)got);
	explicit_bzero(part, sizeof(part));
	if (got < 0)
		return folder_fault(f, path, N_("%s could not be read: %s."));
	if (b.n > max)
		return too_large(path, max, f);
	if (b.failed)
		return fault_set(f, ST_NO_MEMORY, NULL);
	buf_done(ret);
	*ret = b;
	b = (struct buf){ 0 };
	return ST_OK;
}

enum status file_read_private(const char *path, size_t max, struct secret **ret, struct fault *f)
{
	FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	SECRET *s = NULL;
	struct stat sb;
	ssize_t got = 1;

	if (fd < 0 || fstat(fd, &sb) != 0)
		return folder_fault(f, path, N_("%s could not be opened: %s."));
	if (!S_ISREG(sb.st_mode))
		return fault_set(f, ST_DISK, "%s is not an ordinary file.", path);
	if (sb.st_size < 0 || (uintmax_t)sb.st_size > max)
		return too_large(path, max, f);
	/* One byte more than it has: a file that grows meanwhile is seen to. */
	s = secret_new((size_t)sb.st_size + 1);
	if (s == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	while (got > 0 && secret_len(s) < secret_cap(s)) {
		got = read_again(fd, secret_bytes(s) + secret_len(s), secret_cap(s) - secret_len(s));
		if (got > 0)
			(void)secret_set_len(s, secret_len(s) + (size_t)got);
	}
	if (got < 0)
		return folder_fault(f, path, N_("%s could not be read: %s."));
	if (secret_len(s) > (size_t)sb.st_size)
		return fault_set(f, ST_DISK, "%s was changed while it was read. Try again.", path);
	*ret = STEAL(s);
	return ST_OK;
}

static bool write_all(int fd, struct cur data)
{
	while (data.n > 0) {
		ssize_t put = write(fd, data.p, data.n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		data.p += put;
		data.n -= (size_t)put;
	}
	return true;
}

static enum status exists(const char *path, struct fault *f)
{
	return fault_set(f, ST_FILE_EXISTS,
			 "%s exists already, and is left as it is. Give another name: nothing is ever overwritten.", path);
}

static enum status check_folder(const char *path, struct fault *f)
{
	char *folder = folder_of(path), here[1024];
	struct stat sb;
	enum status st = ST_OK;

	if (folder == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	if (stat(folder, &sb) != 0 && folder[0] == '~')
		st = fault_set(f, ST_DISK, "%s cannot be written: ~ does not stand for a folder here. Write the whole name, "
			       "beginning with /.", path);
	else if (stat(folder, &sb) != 0 && folder[0] != '/' && getcwd(here, sizeof(here)) != NULL)
		st = fault_set(f, ST_DISK, "%s cannot be written: there is no folder %s in %s. Make it first, or name another one.", path,
			       folder, here);
	else if (stat(folder, &sb) != 0)
		st = fault_set(f, ST_DISK, "%s cannot be written: there is no folder %s. Make it first, or name another one.", path,
			       folder);
	else if (!S_ISDIR(sb.st_mode))
		st = fault_set(f, ST_DISK, "%s cannot be written: %s is not a folder.", path, folder);
	free(folder);
	return st;
}

enum status file_check_new(const char *path, struct fault *f)
{
	struct stat sb;

	if (lstat(path, &sb) == 0)
		return S_ISDIR(sb.st_mode) ? fault_set(f, ST_FILE_EXISTS, "%s is a folder. Give the name of a new file in it.", path) :
					     exists(path, f);
	if (errno != ENOENT)
		return folder_fault(f, path, N_("%s could not be looked at: %s."));
	return check_folder(path, f);
}

/* A file system without that flag takes a hard link, which does not replace either. */
static enum status take_name(const char *beside, const char *path, struct fault *f)
{
	enum status st;

	if (renameat2(AT_FDCWD, beside, AT_FDCWD, path, RENAME_NOREPLACE) != 0 &&
	    ((errno != EINVAL && errno != ENOSYS) || link(beside, path) != 0))
		return errno == EEXIST ? exists(path, f) : folder_fault(f, path, N_("%s could not be written: %s."));
	st = folder_sync(path, f);
	if (st != ST_OK)
		(void)unlink(path);   /* it might not be there after a crash: so it is not there now */
	return st;
}

/*
 * The name under which it is written: in the same folder, and hidden, so that what a killed process leaves there is not among
 * the files that a shell takes for DIR and a star.
 */
static char *name_beside(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *beside = NULL;

	if (asprintf(&beside, "%.*s.keyroom-XXXXXX", slash != NULL ? (int)(slash + 1 - path) : 0, path) < 0)
		return NULL;
	return beside;
}

/* Piece by piece: what is written may be private, and is not to be in memory a second time. */
static bool reads_back(const char *path, struct cur data)
{
	FD fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t part[4096];
	ssize_t got = 1;
	bool same = fd >= 0;

	while (same && (got = read_again(fd, part, sizeof(part))) > 0) {
		struct cur want;

		same = cur_take(&data, (size_t)got, &want) && cur_equal(want, part, (size_t)got);
	}
	explicit_bzero(part, sizeof(part));
	return same && got == 0 && data.n == 0;
}

static bool hash_file(const char *path, uint8_t ret[static HASH_LEN])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	FD fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t part[4096];
	ssize_t got = -1;
	bool good = fd >= 0 && md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;

	while (good && (got = read_again(fd, part, sizeof(part))) > 0)
		good = EVP_DigestUpdate(md, part, (size_t)got) == 1;
	good = good && got == 0 && EVP_DigestFinal_ex(md, ret, NULL) == 1;
	EVP_MD_CTX_free(md);
	return good;
}

static enum status not_written(const struct file_new *n, struct fault *f)
{
	/* Nothing was looked for, so nothing was not found. */
	if (folder_fault(f, n->path, N_("%s could not be written: %s.")) == ST_NOT_FOUND && f != NULL)
		f->st = ST_DISK;
	return ST_DISK;
}

static enum status open_beside(struct file_new *n, const char *path, struct fault *f)
{
	enum status st = file_check_new(path, f);

	if (st != ST_OK)
		return st;
	*n = (struct file_new){ .fd = -1, .path = path, .beside = name_beside(path) };
	if (n->beside == NULL)
		return fault_set(f, ST_NO_MEMORY, NULL);
	n->fd = mkostemp(n->beside, O_CLOEXEC);   /* mode 0600 */
	return n->fd >= 0 ? ST_OK : not_written(n, f);
}

static enum status name_it(struct file_new *n, bool same, struct fault *f)
{
	if (!same)
		return fault_set(f, ST_DISK, "%s was written, but does not read back the same. Use another disk.", n->path);
	return take_name(n->beside, n->path, f);
}

enum status file_new_open(struct file_new *n, const char *path, struct fault *f)
{
	enum status st = open_beside(n, path, f);

	if (st != ST_OK)
		return st;
	n->hash = EVP_MD_CTX_new();
	return n->hash != NULL && EVP_DigestInit_ex(n->hash, EVP_sha256(), NULL) == 1 ? ST_OK : fault_set(f, ST_NO_MEMORY, NULL);
}

enum status file_new_put(struct file_new *n, struct cur data, struct fault *f)
{
	if (!write_all(n->fd, data))
		return not_written(n, f);
	return EVP_DigestUpdate(n->hash, data.p, data.n) == 1 ? ST_OK : fault_set(f, ST_CRYPTO, NULL);
}

enum status file_new_name(struct file_new *n, struct fault *f)
{
	uint8_t put[HASH_LEN], back[HASH_LEN];

	if (EVP_DigestFinal_ex(n->hash, put, NULL) != 1)
		return fault_set(f, ST_CRYPTO, NULL);
	if (fsync(n->fd) != 0)
		return not_written(n, f);
	return name_it(n, hash_file(n->beside, back) && memcmp(put, back, sizeof(put)) == 0, f);
}

void file_new_done(struct file_new *n)
{
	if (n->beside != NULL && n->fd >= 0) {
		(void)unlink(n->beside);   /* gone already, where it was renamed */
		fd_close(&n->fd);
	}
	free(n->beside);
	EVP_MD_CTX_free(n->hash);
	*n = (struct file_new){ .fd = -1 };
}

/* Compared byte for byte, without a hash, which would keep some of what may be private. */
enum status file_write_new(const char *path, struct cur data, struct fault *f)
{
	FILE_NEW n = { 0 };
	enum status st = open_beside(&n, path, f);

	if (st != ST_OK)
		return st;
	if (!write_all(n.fd, data) || fsync(n.fd) != 0)
		return not_written(&n, f);
	return name_it(&n, reads_back(n.beside, data), f);
}

enum status file_make_dir(const char *path, struct fault *f)
{
	return folder_make(path, f);
}

enum status file_read_secret(const char *path, struct secret *s, bool *ret_readable, struct fault *f)
{
	FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat sb;
	uint8_t byte = 0;
	ssize_t got;

	if (fd < 0 || fstat(fd, &sb) != 0)
		return folder_fault(f, path, N_("%s could not be opened: %s."));
	secret_wipe(s);
	/* Byte by byte into the secret: a buffer would be one more copy, and the line is short. */
	while ((got = read_again(fd, &byte, 1)) == 1 && byte != '\n') {
		if (!secret_put(s, byte)) {
			secret_wipe(s);
			explicit_bzero(&byte, 1);
			return fault_set(f, ST_BAD_FORM, "The first line of %s is longer than %zu bytes.", path, secret_cap(s));
		}
	}
	explicit_bzero(&byte, 1);
	if (got < 0)
		return folder_fault(f, path, N_("%s could not be read: %s."));
	*ret_readable = S_ISREG(sb.st_mode) && (sb.st_mode & (S_IRGRP | S_IROTH)) != 0;
	return ST_OK;
}
