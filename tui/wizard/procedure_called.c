#include <string.h>

#include "tui/wizard/wizard.h"

const struct procedure *procedure_called(const char *name)
{
	const struct procedure *p = procedure_find(name);

	for (size_t i = 0; p == NULL && procedures[i] != NULL; i++) {
		if (strcmp(procedures[i]->command, name) == 0)
			p = procedures[i];
	}
	return p;
}
