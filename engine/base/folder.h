/* Folders that are there for sure. Apart from engine/base/file.h, so that store/ can have them without the secrets. */
#ifndef ENGINE_BASE_FOLDER_H
#define ENGINE_BASE_FOLDER_H

#include "engine/base/error.h"

/* Makes a folder and its missing parents, mode 0700, each one synced. A folder that is there is fine. ST_DISK. */
enum status folder_make(const char *path, struct fault *f);

/* The folder that path stands in, into a new string; NULL: memory. */
char *folder_of(const char *path);

/* Syncs the folder that path stands in, so that its name there survives a crash. ST_DISK, ST_NOT_FOUND. */
enum status folder_sync(const char *path, struct fault *f);

/* What errno says about path: ST_NOT_FOUND, or ST_DISK. fmt: N_("%s could not be written: %s."), of path and the reason. */
enum status folder_fault(struct fault *f, const char *path, const char *fmt) __attribute__((format(printf, 3, 0)));

#endif
