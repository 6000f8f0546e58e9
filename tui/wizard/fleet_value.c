/* What a procedure is given for an object. It knows no fleet: tests of the console have one of their own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/card/files.h"
#include "tui/wizard/fleet.h"

static bool is_like(const struct fleet_object *a, const struct fleet_object *b)
{
	return a->type == b->type && strcmp(a->type == FLEET_DATA ? a->label : a->id, b->type == FLEET_DATA ? b->label : b->id) == 0;
}

/* By its CKA_ID or label alone; what was made harmless is another label than the one on the card. */
static bool is_unique(const struct fleet_object *all, size_t n, const struct fleet_object *o)
{
	size_t alike = 0;

	for (size_t i = 0; i < n; i++)
		alike += !(all[i].flags & FLEET_ORPHAN) && is_like(&all[i], o);
	if (o->type == FLEET_DATA)
		return alike == 1 && o->label[0] != '\0' && strstr(o->label, "\xef\xbf\xbd") == NULL;
	return alike == 1 && o->id[0] != '\0';
}

void fleet_object_value(const struct fleet_object *all, size_t n, const struct fleet_object *o, char out[static FLEET_VALUE_MAX])
{
	if (is_unique(all, n, o))
		snprintf(out, FLEET_VALUE_MAX, "%s", o->type == FLEET_DATA ? o->label : o->id);
	else if (o->type == FLEET_KEY || (o->type == FLEET_CERTIFICATE && (o->fid & 0xff00) == FID_KEY_CERT))
		snprintf(out, FLEET_VALUE_MAX, "ref:%u", o->fid & 0xff);
	else
		snprintf(out, FLEET_VALUE_MAX, "file:%04X", o->fid);
}

void fleet_given_done(struct fleet_given *g)
{
	free(g->value);
	*g = (struct fleet_given){ 0 };
}
