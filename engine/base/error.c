#include "engine/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/words.h"

static const struct {
	const char *name, *words;
} statuses[ST_COUNT] = {
	[ST_OK] = { "OK", N_("Done.") },
#define X(name, words) [ST_##name] = { #name, words },
	STATUS_LIST(X)
#undef X
};

const char *status_words(enum status st)
{
	return (unsigned)st < ST_COUNT ? translated(statuses[st].words) : _("It failed.");
}

const char *status_name(enum status st)
{
	return (unsigned)st < ST_COUNT ? statuses[st].name : "UNKNOWN";
}

enum status fault_set(struct fault *f, enum status st, const char *fmt, ...)
{
	struct fault made = { .st = st, .tries_left = -1 };
	va_list ap;

	if (f == NULL)
		return st;
	/* Not into *f: what it said before may be among the arguments. */
	if (fmt == NULL) {
		snprintf(made.what, sizeof(made.what), "%s", status_words(st));
	} else {
		va_start(ap, fmt);
		vsnprintf(made.what, sizeof(made.what), translated(fmt), ap);
		va_end(ap);
	}
	*f = made;
	return st;
}

enum status fault_add(struct fault *f, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	if (f == NULL)
		return ST_OK;
	n = strlen(f->what);
	if (n > 0 && n + 1 < sizeof(f->what))
		f->what[n++] = ' ';
	va_start(ap, fmt);
	vsnprintf(f->what + n, sizeof(f->what) - n, translated(fmt), ap);
	va_end(ap);
	return f->st;
}
