/* The one JSON document that a command puts on stdout. Texts are made valid UTF-8 here; null is what is not known. */
#ifndef TUI_COMMAND_JSON_H
#define TUI_COMMAND_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/error.h"

void json_text(struct json_object *o, const char *name, const char *text);              /* NULL or "": null */
/* A file's name as it was given: a control character that JSON escapes stays. */
void json_file(struct json_object *o, const char *name, const char *file);
void json_number(struct json_object *o, const char *name, int64_t n, int64_t unknown);  /* null where n is unknown */
void json_flag(struct json_object *o, const char *name, bool b);
void json_time(struct json_object *o, const char *name, int64_t at);                    /* ISO 8601, UTC; 0: null */

/* Prints o on stdout and gives it back. ST_NO_MEMORY where o is NULL, ST_DISK where stdout cannot take it. */
enum status json_out(struct json_object *o, struct fault *f);

#endif
