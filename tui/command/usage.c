#include <string.h>

#include "engine/base/words.h"
#include "tui/command/command.h"
#include "tui/command/questions.h"
#include "tui/wizard/wizard.h"

/* One text, so that its columns can be kept in line. */
static const char globals_text[] =
	N_("Options of every command:\n"
	"  -d, --device WHICH     a serial, a label, or a part of a reader's name that fits one card\n"
	"  --json                 one JSON document on standard output\n"
	"  --store FILE           another inventory\n"
	"  --rehearse[=DIR]       simulated cards, with an inventory of their own\n"
	"  --lock MINUTES         the console locks itself after so long without a key (10; 0: never)\n"
	"  --confirm SERIAL       says yes where something is lost for good\n"
	"  --help, --version\n");

/* What stands without a name, as usage shows it: "FILE...". */
static void print_words(FILE *out, const struct command *c)
{
	if (c->procedure == NULL) {
		if (c->words != NULL)
			fprintf(out, " %s", c->words);
		return;
	}
	for (size_t i = 0; procedure_question(c->procedure, i) != NULL; i++) {
		const struct question *q = procedure_question(c->procedure, i);

		if (q->positional)
			fprintf(out, q->optional ? " [%s%s]" : " %s%s", q->value != NULL ? q->value : "FILE",
				q->ask == ASK_FILES ? "..." : "");
	}
}

static void print_options(FILE *out, const struct command *c)
{
	struct command_option o;

	for (size_t i = 0; command_option(c, i, &o); i++) {
		if (o.other_name)
			continue;
		fprintf(out, o.needed ? " --%s" : " [--%s", o.name);
		if (o.value != NULL)
			fprintf(out, " %s", o.value);
		if (!o.needed)
			fputc(']', out);
	}
}

static void print_one(FILE *out, const struct command *c)
{
	fprintf(out, "keyroom %s", c->name);
	print_words(out, c);
	print_options(out, c);
	fprintf(out, "\n\n%s\n", translated(c->summary));
	for (size_t i = 0; c->procedure != NULL && procedure_question(c->procedure, i) != NULL; i++) {
		const struct question *q = procedure_question(c->procedure, i);
		char name[OPTION_NAME_MAX];

		if (!question_is_shown(c->procedure, i) || q->help == NULL)
			continue;
		question_option(q, name);
		fprintf(out, "\n  %s%s\n    %s\n", q->positional ? "" : "--", q->positional && q->value != NULL ? q->value : name,
			translated(q->help));
	}
	fprintf(out, "\n%s", translated(globals_text));
}

void usage_print(FILE *out, const struct command *c)
{
	if (c != NULL) {
		print_one(out, c);
		return;
	}
	fputs("keyroom [--store FILE | --rehearse[=DIR]] [--json] [-d|--device WHICH] COMMAND [options]\n", out);
	fprintf(out, "%s\n\n", _("Without a command the console opens."));
	for (size_t i = 0; command_row(i) != NULL; i++)
		fprintf(out, "  %-20s %s\n", command_row(i)->name, translated(command_row(i)->summary));
	fprintf(out, "\n%s\n%s\n", translated(globals_text), _("keyroom COMMAND --help tells more."));
}

void usage_words(FILE *out)
{
	struct command_option o;

	for (size_t i = 0; command_row(i) != NULL; i++) {
		fprintf(out, "%s\n", command_row(i)->name);
		for (size_t j = 0; command_option(command_row(i), j, &o); j++)
			fprintf(out, "%s\t--%s%s\n", command_row(i)->name, o.name, o.value != NULL ? "\tvalue" : "");
	}
}
