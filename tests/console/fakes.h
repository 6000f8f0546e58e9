/* A fleet and procedures for the screens' tests: what the console shows is set by the test, and no card is there. */
#ifndef TESTS_CONSOLE_FAKES_H
#define TESTS_CONSOLE_FAKES_H

#include "tui/wizard/fleet.h"
#include "tui/wizard/wizard.h"

#define FAKE_NOW 1800000000   /* 2027-01-15 08:00:00 UTC */

struct fleet {
	struct fleet_device device[8];
	size_t n;
	struct fleet_object object[8][40];
	size_t objects[8];
	struct fleet_attention attention[40];
	size_t attentions;
	char given[40][24];       /* what each of those gives for the question "id"; "" */
	bool looks_away;
	struct fault service;
	unsigned changes;         /* what the next fleet_event() returns */
	unsigned rescans, reloads;
};

/* As in the drawing of the main screen: two devices here, one away. */
void fake_fleet_fill(struct fleet *fl);

extern const struct procedure fake_init;   /* asks a device, lists, texts, secrets; its only step waits for fake_release() */
extern const struct procedure fake_fails;
extern const struct procedure fake_looks;  /* looks at the device first, which waits for fake_release() as well */
extern const struct procedure fake_refuses;   /* its first page's work refuses; not among those that are listed */
extern const struct procedure fake_slow;   /* its first page's work waits for fake_release(); not among those that are listed */
void fake_import_gives(enum status st);    /* what the last step of fake_init comes to */
void fake_hold(void);
void fake_release(void);

#endif
