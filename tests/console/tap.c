/* Linked with --wrap=ui_draw: the loop's pictures come by here. */
#include "tests/console/tap.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tui/console/wizard_screen.h"

void __real_ui_draw(const struct ui *ui, struct grid *g);
void __wrap_ui_draw(const struct ui *ui, struct grid *g);

static struct tap *tap;   /* of this process, for as long as it runs */

void tap_open(const char *folder)
{
	char path[4096];
	int fd;
	void *map;

	(void)snprintf(path, sizeof(path), "%s/" TAP_FILE, folder);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, sizeof(*tap)) != 0)
		return;
	map = mmap(NULL, sizeof(*tap), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map != MAP_FAILED)
		tap = map;
	(void)close(fd);
}

static void tell_field(const struct wizard_screen *w)
{
	const struct field *f = fields_now(&w->fields);
	const struct secret *s = f != NULL ? field_secret(&w->fields, f) : NULL;

	if (f == NULL)
		return;
	(void)snprintf(tap->question, sizeof(tap->question), "%s", f->q->name);
	tap->kind = (int)f->kind;
	tap->ask = (int)f->q->ask;
	tap->empty = field_is_empty(&w->fields, f);
	tap->wanted = field_is_wanted(&w->fields, f);
	tap->again = f->again;
	tap->twice = f->q->twice;
	tap->characters = s != NULL ? secret_len(s) : 0;
	tap->choices = f->choices.n;
	for (size_t i = 0; f->kind == FIELD_SOME && i < f->choices.n; i++)
		tap->marked = tap->marked || f->marked[i];
	if (f->q->ask == ASK_SENTENCE)
		(void)snprintf(tap->value, sizeof(tap->value), "%s", f->q->choices[0].value);
}

static void tell_wizard(const struct wizard_screen *w)
{
	const char *confirm = wizard_confirm(w);

	(void)snprintf(tap->procedure, sizeof(tap->procedure), "%s", w->p->name);
	tap->phase = w->choosing ? -1 : (int)w->phase;
	tap->fault = w->fault.st != ST_OK;
	if (wizard_asking(w)) {
		(void)snprintf(tap->page, sizeof(tap->page), "%s", run_page(w->run, NULL)->name);
		tell_field(w);
	} else if (confirm != NULL) {
		(void)snprintf(tap->value, sizeof(tap->value), "%s", confirm);
	}
}

void __wrap_ui_draw(const struct ui *ui, struct grid *g)
{
	const struct screen *s = ui_top(ui);

	__real_ui_draw(ui, g);
	if (tap == NULL)
		return;
	atomic_fetch_add(&tap->pictures, 1);
	memset(tap->screen, 0, sizeof(*tap) - offsetof(struct tap, screen));
	(void)snprintf(tap->screen, sizeof(tap->screen), "%s", s->ops->name);
	if (strcmp(s->ops->name, "wizard") == 0)
		tell_wizard(wizard_peek(s));
	atomic_fetch_add(&tap->pictures, 1);
}
