/*
 * The card file: a head, and two slots that are written in turn, each with a generation, a length and a digest. The
 * valid slot with the higher generation counts, so a write cut off at any byte leaves the state before it. Nothing is
 * renamed: the lock stays on the file that it was taken on. Internal to engine/sim.
 */
#ifndef ENGINE_SIM_DISK_H
#define ENGINE_SIM_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/bytes.h"
#include "engine/base/error.h"

struct sim_disk {
	int fd;
	bool sync;
	uint64_t generation;   /* of the newest slot */
	size_t room;           /* for one state */
};

/* Opens and locks. ST_NOT_FOUND, ST_READER_BUSY, ST_DAMAGED, ST_DISK. */
enum status sim_disk_open(struct sim_disk *d, const char *path, bool sync, struct fault *f);

/* A new file with this state in it, locked; it appears whole or not at all. ST_FILE_EXISTS, ST_DISK. */
enum status sim_disk_make(struct sim_disk *d, const char *path, bool sync, size_t room, struct cur state,
			  struct fault *f);
void sim_disk_close(struct sim_disk *d);

enum status sim_disk_load(struct sim_disk *d, struct buf *ret, struct fault *f);
/* The state must fit room. On failure the state before is still the valid one. */
enum status sim_disk_save(struct sim_disk *d, struct cur state, struct fault *f);

#endif
