/*
 * What stands on the screen while nobody is there: nothing of what was typed, and nothing of what is on the devices. No
 * secret opens it, since Keyroom keeps none that could: a run asks for its PIN, uses it, and forgets it.
 */
#include <stdlib.h>

#include "engine/base/words.h"
#include "tui/console/ui.h"

struct lock_screen {
	struct screen s;
	struct prose left;
};

static unsigned has(const struct screen *s)
{
	(void)s;
	return NEED_OPEN;
}

static const char *words(const struct screen *s, enum intent in)
{
	(void)s;
	return in == IN_OPEN ? N_("Go on") : NULL;
}

static void act(struct screen *s, const struct binding *b)
{
	if (b->in == IN_OPEN)
		ui_pop(s->ui);
}

static void draw(const struct screen *s, struct area a)
{
	const struct lock_screen *l = (const struct lock_screen *)s;
	struct area body = ui_head(s, a, "Keyroom", "", "");
	struct area in = area_box(body, ROLE_PLAIN, NULL);
	int wide = in.cols - 4 < 72 ? in.cols - 4 : 72, row;

	in = area_sub(in, 1, (in.cols - wide) / 2, in.rows - 1, wide);
	row = area_wrap(in, 0, ROLE_TITLE, _("Keyroom is locked."));
	row = area_wrap(in, row + 1, ROLE_PLAIN, _("Press Enter to go on. No PIN or password is asked for: none is kept."));
	(void)ui_prose(in, row + 1, &l->left);
}

static void lock_free(struct screen *s)
{
	prose_done(&((struct lock_screen *)s)->left);
	free(s);
}

static const struct screen_ops ops = {
	.name = "lock",
	.help = N_("Nobody had pressed a key for a while, or somebody pressed L. A procedure that was not finished was left, all "
		"PINs and passwords that had been typed for it were erased, and the screen was cleared. What had been done before "
		"that is kept: a run that was interrupted is named on the main screen, and can be taken up again there.\n\n"
		"Enter opens the console again. It asks for no PIN and no password, and none would protect anything: between two "
		"runs no device is logged in, and Keyroom keeps no secret. Whoever stands before this screen can see the "
		"inventory, and can do nothing with a key without typing its device's PIN. To keep the inventory from being seen, "
		"lock the room, or the computer.\n\n"
		"Nothing is locked while a procedure is at work: its time begins when that has come to an end."),
	.mode = MODE_LOCK,
	.has = has,
	.words = words,
	.act = act,
	.draw = draw,
	.free = lock_free,
};

struct screen *lock_screen_new(struct ui *ui)
{
	struct lock_screen *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->s = (struct screen){ &ops, ui };
	return &l->s;
}

struct prose *lock_screen_left(struct screen *s)
{
	return &((struct lock_screen *)s)->left;
}
