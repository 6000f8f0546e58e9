#include "tui/wizard/prose.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/words.h"

void prose_add(struct prose *p, enum prose_role role, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, translated(fmt), ap);
	va_end(ap);
	if (len < 0) {
		p->failed = true;
		return;
	}
	if (p->n == p->cap) {
		size_t cap = p->cap ? 2 * p->cap : 8;
		struct paragraph *more = reallocarray(p->p, cap, sizeof(*more));

		if (!more) {
			p->failed = true;
			free(text);
			return;
		}
		p->p = more;
		p->cap = cap;
	}
	p->p[p->n++] = (struct paragraph){ .role = role, .text = text };
}

void prose_done(struct prose *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->p[i].text);
	free(p->p);
	*p = (struct prose){ 0 };
}
