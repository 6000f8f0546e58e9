#include "tui/command/print.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/base/text.h"
#include "engine/base/width.h"
#include "engine/base/words.h"
#include "tui/wizard/wizard.h"

static const char *const marks[] = {
	[PROSE_PLAIN] = "",
	[PROSE_WARNING] = "! ",
	[PROSE_ITEM] = "  - ",
	[PROSE_VALUE] = "    ",
	[PROSE_DONE] = "* ",
};

static size_t columns(void)
{
	struct winsize ws;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &ws) != 0 || ws.ws_col < 40)
		return 0;   /* no terminal: one line a paragraph, for who reads it with a program */
	return ws.ws_col < 100 ? ws.ws_col : 100;
}

static void print_wrapped(const char *mark, const char *text)
{
	size_t max = columns(), indent = strlen(mark), at = indent;

	fputs(mark, stderr);
	while (*text != '\0') {
		size_t n = strcspn(text, " \n");
		size_t w = (size_t)width_text(text, n);

		if (max > 0 && at > indent && at + 1 + w > max) {
			fprintf(stderr, "\n%*s", (int)indent, "");
			at = indent;
		} else if (at > indent) {
			fputc(' ', stderr);
			at++;
		}
		fwrite(text, 1, n, stderr);
		at += w;
		text += n;
		text += strspn(text, " \n");
	}
	fputc('\n', stderr);
}

void print_line(enum prose_role role, const char *fmt, ...)
{
	char line[2400], clean[2400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), translated(fmt), ap);
	va_end(ap);
	text_clean(clean, sizeof(clean), line, strlen(line));
	print_wrapped(marks[role], clean);
}

void print_prose(const struct prose *p, bool warnings_only)
{
	for (size_t i = 0; i < p->n; i++) {
		size_t cap = strlen(p->p[i].text) * 3 + 1;   /* a replacement character is at most three times as long */
		char *clean;

		if (warnings_only && p->p[i].role != PROSE_WARNING)
			continue;
		clean = malloc(cap);
		if (clean == NULL)
			return;
		text_clean(clean, cap, p->p[i].text, strlen(p->p[i].text));
		print_wrapped(marks[p->p[i].role], clean);
		free(clean);
	}
}

void print_progress(const struct run_progress *now)
{
	char line[600];
	size_t n;

	if (now == NULL) {
		fputs("\r\033[K", stderr);
		return;
	}
	n = (size_t)snprintf(line, sizeof(line), "%s", now->note[0] != '\0' ? now->note : translated(now->step->words));
	if (now->of > 1 && n < sizeof(line))
		n += (size_t)snprintf(line + n, sizeof(line) - n, _("  %u of %u"), now->index + 1, now->of);
	if (now->total > 0 && n < sizeof(line))
		n += (size_t)snprintf(line + n, sizeof(line) - n, "  %u %%", (unsigned)((uint64_t)now->done * 100 / now->total));
	if (now->elapsed_ms >= 500 && n < sizeof(line))
		n += (size_t)snprintf(line + n, sizeof(line) - n, "  %lld s", (long long)(now->elapsed_ms / 1000));
	if (now->usual_ms > 0 && n < sizeof(line))
		snprintf(line + n, sizeof(line) - n, _(" (usually %lld s)"), (long long)(now->usual_ms + 999) / 1000);
	fprintf(stderr, "\r%.*s\033[K", columns() > 0 ? (int)columns() - 1 : 78, line);
}
