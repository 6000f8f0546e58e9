#include "tui/command/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/text.h"

void json_text(struct json_object *o, const char *name, const char *text)
{
	size_t cap;
	char *clean;

	if (text == NULL || text[0] == '\0') {
		json_object_object_add(o, name, NULL);
		return;
	}
	cap = strlen(text) * 3 + 1;   /* a replacement character is at most three times as long */
	clean = malloc(cap);
	if (clean != NULL)
		text_clean(clean, cap, text, strlen(text));
	json_object_object_add(o, name, clean != NULL ? json_object_new_string(clean) : NULL);
	free(clean);
}

void json_file(struct json_object *o, const char *name, const char *file)
{
	char *out = file != NULL && file[0] != '\0' ? malloc(strlen(file) * 3 + 1) : NULL, *end = out;

	for (const char *p = file; out != NULL && *p != '\0';) {
		size_t n = 0;

		while (p[n] != '\0' && (unsigned char)p[n] >= ' ')
			n++;
		text_clean(end, n * 3 + 1, p, n);
		end += strlen(end);
		p += n;
		while (*p != '\0' && (unsigned char)*p < ' ')
			*end++ = *p++;
	}
	json_object_object_add(o, name, out != NULL ? json_object_new_string_len(out, (int)(end - out)) : NULL);
	free(out);
}

void json_number(struct json_object *o, const char *name, int64_t n, int64_t unknown)
{
	json_object_object_add(o, name, n != unknown ? json_object_new_int64(n) : NULL);
}

void json_flag(struct json_object *o, const char *name, bool b)
{
	json_object_object_add(o, name, json_object_new_boolean(b));
}

void json_time(struct json_object *o, const char *name, int64_t at)
{
	time_t t = (time_t)at;
	char text[32] = "";
	struct tm tm;

	if (at > 0 && gmtime_r(&t, &tm) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	json_text(o, name, text);
}

enum status json_out(struct json_object *o, struct fault *f)
{
	const char *text = NULL;
	bool fine;

	if (o != NULL)
		text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (text == NULL) {
		json_object_put(o);
		return fault_set(f, ST_NO_MEMORY, NULL);
	}
	fine = puts(text) >= 0 && fflush(stdout) == 0;
	json_object_put(o);
	return fine ? ST_OK : fault_set(f, ST_DISK, "The result could not be written to standard output.");
}
