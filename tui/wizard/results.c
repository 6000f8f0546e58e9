#include "tui/wizard/results.h"

#include "tui/wizard/procedures.h"
#include "tui/wizard/session.h"
#include "tui/wizard/wizard.h"

static const struct procedure *const ours[] = {
	&procedure_key_new, &procedure_key_export, &procedure_key_delete, &procedure_backup, &procedure_restore,
	&procedure_random, &procedure_label, &procedure_key_test,
	&procedure_cert_import, &procedure_cert_export, &procedure_cert_delete,
	&procedure_data_write, &procedure_data_read, &procedure_data_delete,
	&procedure_key_rename, &procedure_clone,
	&procedure_pin_change, &procedure_pin_unblock, &procedure_so_pin_change,
};

/* NULL for a procedure with a state of another kind. */
static const struct device_state *state_of(const struct run *r)
{
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		if (run_procedure(r) == ours[i])
			return run_state(r);
	}
	return NULL;
}

const struct key_result *run_keys(const struct run *r, size_t *ret_n)
{
	const struct device_state *d = state_of(r);

	*ret_n = d != NULL ? d->n_rows : 0;
	return d != NULL ? d->rows : NULL;
}

const struct key_result *run_key(const struct run *r)
{
	size_t n;
	const struct key_result *rows = run_keys(r, &n);

	return n > 0 ? rows : NULL;
}

struct cur run_exported(const struct run *r)
{
	const struct device_state *d = state_of(r);

	if (d != NULL && d->exported_private != NULL)
		return secret_view(d->exported_private);
	return d != NULL ? buf_view(&d->exported) : cur_of(NULL, 0);
}

size_t run_keys_failed(const struct run *r)
{
	size_t n, failed = 0;
	const struct key_result *rows = run_keys(r, &n);

	for (size_t i = 0; i < n; i++)
		failed += rows[i].fault.st != ST_OK;
	return failed;
}

