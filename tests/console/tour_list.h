/*
 * Every procedure from its first page to its last, as what is typed: for the pictures of the pages (test_pages.c), and for a
 * real terminal (test_wizards.c).
 */
#ifndef TESTS_CONSOLE_TOUR_LIST_H
#define TESTS_CONSOLE_TOUR_LIST_H

struct tour {
	const char *name;
	const char *keys;          /* as stage_press() takes them: tours.h. It begins and ends at the main screen */
	void (*before)(void);      /* what it needs beside: files in the present folder; may be NULL */
};

/* In this order: each finds what those before it have left on the two devices. Until name is NULL. */
extern const struct tour tours[];

#endif
