/* The procedures, one by one; wizard.h has them all in a table. */
#ifndef TUI_WIZARD_PROCEDURES_H
#define TUI_WIZARD_PROCEDURES_H

struct procedure;

extern const struct procedure procedure_init;
extern const struct procedure procedure_share_new, procedure_share_check, procedure_share_import;
extern const struct procedure procedure_key_new, procedure_key_export, procedure_key_delete, procedure_key_test;
extern const struct procedure procedure_key_rename;
extern const struct procedure procedure_cert_import, procedure_cert_export, procedure_cert_delete;
extern const struct procedure procedure_data_write, procedure_data_read, procedure_data_delete;
extern const struct procedure procedure_backup, procedure_restore;
extern const struct procedure procedure_clone;
extern const struct procedure procedure_inventory_forget, procedure_journal_export;
extern const struct procedure procedure_random, procedure_label;
extern const struct procedure procedure_pin_change, procedure_pin_unblock, procedure_so_pin_change;

#endif
