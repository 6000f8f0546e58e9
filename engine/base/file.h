/* Files that must not be lost, and files that may lie. */
#ifndef ENGINE_BASE_FILE_H
#define ENGINE_BASE_FILE_H

#include <stdbool.h>

#include "engine/base/bytes.h"
#include "engine/base/error.h"
#include "engine/base/secret.h"

/* The whole of a file of at most max bytes. ST_NOT_FOUND, ST_DISK, ST_DAMAGED (larger than max). */
enum status file_read(const char *path, size_t max, struct buf *ret, struct fault *f);

/*
 * A new file, mode 0600: written beside, synced, renamed without replacing, its folder synced, read back and compared.
 * ST_FILE_EXISTS where path is there already (a dangling symbolic link counts); nothing is left behind on failure.
 */
enum status file_write_new(const char *path, struct cur data, struct fault *f);

/*
 * The same for what is too long to be in memory: opened, any number of pieces put, then named, which reads it back and compares
 * SHA-256. Until then path is not there. ST_FILE_EXISTS, ST_DISK, ST_CRYPTO; after a failure only file_new_done() is left to do.
 */
struct file_new {
	int fd;
	const char *path;   /* the caller's, who keeps it until the end */
	char *beside;       /* NULL: not open */
	void *hash;
};
enum status file_new_open(struct file_new *n, const char *path, struct fault *f);
enum status file_new_put(struct file_new *n, struct cur data, struct fault *f);
enum status file_new_name(struct file_new *n, struct fault *f);
void file_new_done(struct file_new *n);   /* what got no name is gone */
#define FILE_NEW CLEANUP(file_new_done) struct file_new   /* FILE_NEW n = { 0 }; */

/* ST_FILE_EXISTS where path is there: asked before work begins whose result will be written there. */
enum status file_check_new(const char *path, struct fault *f);

/* Makes a folder and its missing parents, mode 0700. A folder that is there is fine. */
enum status file_make_dir(const char *path, struct fault *f);

/*
 * The first line of a file, byte for byte without its newline, straight into s (emptied first). *ret_readable: others
 * than the owner can read the file, which deserves a warning. ST_BAD_FORM where the line does not fit s.
 */
enum status file_read_secret(const char *path, struct secret *s, bool *ret_readable, struct fault *f);

/*
 * The whole of a file of at most max bytes, straight into a secret that is made as large: for what may be one. *ret is the
 * caller's to free. As file_read().
 */
enum status file_read_private(const char *path, size_t max, struct secret **ret, struct fault *f);

#endif
