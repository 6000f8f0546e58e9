/* The ladder of migrations. A rung that was released is never changed: tests/unit/schema-N.txt says what each one makes. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "store/db.h"

#define SCHEMA_APPLICATION_ID 0x4b65796d   /* "Keym", in the file's header */

struct ladder {
	int top;                    /* the newest version */
	const char *const *rungs;   /* [i] brings version i to i + 1 */
};
extern const struct ladder schema_ladder;

/* store_open() with another ladder: for the tests of migrations. */
enum status schema_open(const char *path, unsigned flags, const struct ladder *ladder, struct store **ret, struct fault *f);

/* Brings the open inventory to the top of its ladder. On a copy first: open.c. */
enum status schema_climb(struct store *s, struct fault *f);

/* The file's user_version. ST_STORE_NEWER; ST_STORE_DAMAGED: a database, but not ours; ret 0: an empty one. */
enum status schema_read_version(struct store *s, int *ret, struct fault *f);

#endif
