/* The ladder of migrations. A rung that was released is never changed: tests/unit/schema-N.txt says what each one makes. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "store/db.h"

#define SCHEMA_APPLICATION_ID 0x4b65796d   /* "Keym", in the file's header */

/* The newest version, and the SQL that brings version from to from + 1. */
int schema_version(void);
const char *schema_rung(int from);

/* Brings the open inventory to version target (schema_version(), or in tests an older one). On a copy first: open.c. */
enum status schema_climb(struct store *s, int target, struct fault *f);

/* The file's user_version. ST_STORE_NEWER; ST_STORE_DAMAGED: a database, but not ours; ret 0: an empty one. */
enum status schema_read_version(struct store *s, int *ret, struct fault *f);

#endif
