#include "engine/base/words.h"

#include <libintl.h>
#include <locale.h>
#include <stddef.h>

#define DOMAIN "keyroom"

const char *translated(const char *text)
{
	/* An empty text is the catalogue's header to gettext. */
	return text == NULL || text[0] == '\0' ? text : dgettext(DOMAIN, text);
}

const char *translated_n(const char *one, const char *many, unsigned long n)
{
	return dngettext(DOMAIN, one, many, n);
}

void words_open(const char *folder)
{
	/* How letters are written and what is said. Numbers and dates stand everywhere as the program writes them. */
	(void)setlocale(LC_CTYPE, "");
	(void)setlocale(LC_MESSAGES, "");
	(void)bindtextdomain(DOMAIN, folder);
	(void)bind_textdomain_codeset(DOMAIN, "UTF-8");
}
