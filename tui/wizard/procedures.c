#include "tui/wizard/procedures.h"

#include <string.h>

#include "tui/wizard/wizard.h"

const struct procedure *const procedures[] = {
	&procedure_init,
	&procedure_share_new,
	&procedure_share_check,
	&procedure_share_import,
	&procedure_key_new,
	&procedure_key_export,
	&procedure_key_test,
	&procedure_key_rename,
	&procedure_key_delete,
	&procedure_cert_import,
	&procedure_cert_export,
	&procedure_cert_delete,
	&procedure_data_write,
	&procedure_data_read,
	&procedure_data_delete,
	&procedure_backup,
	&procedure_restore,
	&procedure_clone,
	&procedure_random,
	&procedure_label,
	&procedure_pin_change,
	&procedure_pin_unblock,
	&procedure_so_pin_change,
	&procedure_inventory_forget,
	&procedure_journal_export,
	NULL,
};

const struct procedure *procedure_find(const char *name)
{
	for (size_t i = 0; procedures[i] != NULL; i++) {
		if (strcmp(procedures[i]->name, name) == 0)
			return procedures[i];
	}
	return NULL;
}
