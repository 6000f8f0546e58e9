/*
 * What "cert export" and "key export" have in common: one object of the device, in the form of the answer "format", into the
 * new file of the answer "out", or to be seen where that is empty. Nobody logs in, and nothing is changed.
 */
#ifndef TUI_WIZARD_EXPORT_H
#define TUI_WIZARD_EXPORT_H

#include "engine/card/objects.h"
#include "tui/wizard/results.h"
#include "tui/wizard/session.h"

/* For the questions "format" and "out". */
void export_propose_pem(const struct run *r, unsigned index, char *out, size_t cap);
enum status export_check_out(struct run *r, unsigned index, struct fault *f);   /* DER is not shown; ST_BAD_FORM */

/*
 * A session in which find() looks for the answer "id", and put() is given what it found, to write it to export_out(). Before
 * that it is seen that the file is not there: ST_FILE_EXISTS.
 */
typedef enum status export_find(struct session *s, const char *wanted, struct object *ret, struct fault *f);
typedef enum status export_put(struct step_env *e, const struct session *s, struct object *o, struct fault *f);
enum status export_object(struct step_env *e, export_find *find, export_put *put, struct fault *f);

/* *b is what is exported: it stays where there is no file, else it is emptied, and k->file is the file's name. */
enum status export_out(struct run *r, struct buf *b, struct key_result *k, struct fault *f);

/* What export_out() left to be seen. */
void export_show(const struct run *r, const struct buf *b, struct prose *out);

#endif
