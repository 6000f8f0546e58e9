#include "engine/sim/fault.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

/* One row of the language: word, what follows, and what it makes. */
struct form {
	const char *word;        /* up to the mark, which is its last character */
	enum sim_fault_kind kind;
	bool by_ins;
	char before_value;       /* 0: no value */
	int base;
};

static const struct form forms[] = {
	{ "drop@", SIM_DROP, false, 0, 0 },
	{ "lost@", SIM_LOST, false, 0, 0 },
	{ "stall@", SIM_STALL, false, ':', 10 },
	{ "short@", SIM_SHORT, false, 0, 0 },
	{ "short:", SIM_SHORT, true, 0, 0 },
	{ "wrong:", SIM_WRONG, true, 0, 0 },
	{ "garbage:", SIM_GARBAGE, true, 0, 0 },
	{ "sw:", SIM_SW, true, '=', 16 },
	{ "sw@", SIM_SW, false, '=', 16 },
	{ "says:", SIM_SAYS, true, '=', 16 },
	{ "else@", SIM_ELSE, false, 0, 0 },
};

static bool number(const char **p, int base, unsigned long max, unsigned long *ret)
{
	char *end;
	unsigned long v;

	if (!((**p >= '0' && **p <= '9') || (base == 16 && strchr("abcdefABCDEF", **p) != NULL && **p != '\0')))
		return false;
	v = strtoul(*p, &end, base);
	if (v > max)
		return false;
	*p = end;
	*ret = v;
	return true;
}

static bool parse_form(struct sim_faults *s, const struct form *form, const char *p)
{
	struct sim_fault fault = { .kind = form->kind, .by_ins = form->by_ins, .left = form->by_ins ? ~0ul : 1 };
	unsigned long v;

	if (s->n == SIM_FAULTS_MAX || !number(&p, form->by_ins ? 16 : 10, form->by_ins ? 0xff : 1000000000, &v))
		return false;
	if (form->by_ins)
		fault.ins = (uint8_t)v;
	else
		fault.at = v;
	if (form->before_value != 0 &&
	    (*p++ != form->before_value || !number(&p, form->base, form->base == 16 ? 0xffff : 3600000, &fault.value)))
		return false;
	if (form->by_ins && *p == '*') {
		p++;
		if (!number(&p, 10, 1000000000, &fault.left))
			return false;
	}
	if (*p != '\0')
		return false;
	s->list[s->n++] = fault;
	return true;
}

static bool parse_size(const char *p, size_t *ret)
{
	unsigned long v;

	if (!number(&p, 10, 65544, &v) || *p != '\0' || v < 16)
		return false;
	*ret = v;
	return true;
}

static bool parse_one(struct sim_faults *s, const char *word)
{
	if (strcmp(word, "zero-kcv") == 0)
		return s->zero_kcv = true;
	if (strcmp(word, "mute") == 0)
		return s->mute = true;
	if (strncmp(word, "limit=", 6) == 0)
		return parse_size(word + 6, &s->limit);
	if (strncmp(word, "announce=", 9) == 0)
		return parse_size(word + 9, &s->announce);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		size_t n = strlen(forms[i].word);

		if (strncmp(word, forms[i].word, n) == 0)
			return parse_form(s, &forms[i], word + n);
	}
	return false;
}

enum status sim_faults_parse(struct sim_faults *s, const char *spec, struct fault *f)
{
	struct sim_faults fresh = { 0 };
	char word[64];

	while (spec != NULL && *spec != '\0') {
		size_t n = strcspn(spec, ",");

		if (n >= sizeof(word))
			return fault_set(f, ST_BAD_FORM, "The misbehaviour ordered is too long.");
		memcpy(word, spec, n);
		word[n] = '\0';
		if (!parse_one(&fresh, word))
			return fault_set(f, ST_BAD_FORM, "The misbehaviour \"%s\" is not one that the simulated card knows, "
				"or there are more than %d.", word, SIM_FAULTS_MAX);
		spec += n + (spec[n] == ',');
	}
	*s = fresh;
	return ST_OK;
}

bool sim_faults_strike(struct sim_faults *s, enum sim_fault_kind kind, uint8_t ins, unsigned long *ret_value)
{
	for (size_t i = 0; i < s->n; i++) {
		struct sim_fault *fault = &s->list[i];

		if (fault->kind != kind || fault->left == 0 || (fault->by_ins ? fault->ins != ins : fault->at != s->count))
			continue;
		if (fault->left != ~0ul)
			fault->left--;
		if (ret_value != NULL)
			*ret_value = fault->value;
		return true;
	}
	return false;
}

bool sim_faults_dropped(struct sim_faults *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->list[i].kind == SIM_DROP && s->list[i].left > 0 && s->count > s->list[i].at) {
			s->list[i].left = 0;
			return true;
		}
	}
	return false;
}

void sim_faults_bend(struct sim_faults *s, uint8_t ins, struct buf *answer)
{
	size_t data = answer->n - 2;

	if (sim_faults_strike(s, SIM_WRONG, ins, NULL) && data > 0)
		answer->p[data / 2] ^= 0x10;
	if (sim_faults_strike(s, SIM_GARBAGE, ins, NULL) && data > 0)
		(void)RAND_bytes(answer->p, (int)data);
	if (!sim_faults_strike(s, SIM_SHORT, ins, NULL))
		return;
	if (data == 0) {
		answer->n = 1;
		return;
	}
	memmove(answer->p + data / 2, answer->p + data, 2);
	answer->n = data / 2 + 2;
}
