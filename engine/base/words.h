/*
 * Texts that a person reads, marked for gettext. Whole sentences, never halves of them: what changes with a number goes
 * through translated_n(), what changes with a case is a sentence of its own.
 *
 *	_("text")          where a text is used at once
 *	N_("text")         in a table; whoever shows the row calls translated()
 *	fault_set(), fault_add(), prose_add(), area_print(), print_line(), ui_say()
 *	                   translate their format themselves: the literal stands there unmarked
 *
 * What a program reads (option names, JSON, names in the inventory) is never marked.
 */
#ifndef ENGINE_BASE_WORDS_H
#define ENGINE_BASE_WORDS_H

#define _(text) translated(text)
#define N_(text) text

/* In the language of the process, UTF-8; text itself where there is no translation, and for "" and NULL. Any thread. */
const char *translated(const char *text) __attribute__((format_arg(1)));

/* one and many hold the same conversions; which of them, or which of a language's other forms, depends on n. */
const char *translated_n(const char *one, const char *many, unsigned long n) __attribute__((format_arg(1), format_arg(2)));

/* Once, before any thread: the language from the environment, and its catalogue from below folder. */
void words_open(const char *folder);

#endif
