/* A writer is killed: at each of its commits, and at any moment. What it had committed is there, whole, and no more. */
#include "tests/unit/store_help.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

static struct fault f;

#define WRITES 25

/* Write number i: a backup with its proof and its entry, all in one. */
static enum status back_up(struct store *s, unsigned i, struct fault *own)
{
	struct object_row o = a_key(i % 200, "key", i + 1);
	char data[40];
	struct backup_row b;
	STORE_TXN t = { 0 };
	int64_t id = 0;
	enum status st = store_begin(s, &t, own);

	snprintf(data, sizeof(data), "blob %u", i);
	b = a_backup(data, "key", o.key);
	if (st != ST_OK || (st = store_object_seen(s, SERIAL, &o, T0 + i, own)) != ST_OK ||
	    (st = store_backup_add(s, &b, (const uint8_t *)data, strlen(data), T0 + i, &id, own)) != ST_OK ||
	    (st = store_backup_prove(s, id, PROOF_INTACT, NULL, T0 + i, own)) != ST_OK ||
	    (st = store_journal(s, &(struct journal_entry){ .at = T0 + i, .what = "backup.made", .text = "x", .key = &o.key },
				own)) != ST_OK)
		return st;
	return store_commit(&t, own);
}

static void die_at(void *ctx)
{
	unsigned *left = ctx;

	if (--*left == 0)
		raise(SIGKILL);
}

/* One byte for each commit that store_commit() has reported. */
static void tell(void *ctx)
{
	if (write(*(int *)ctx, "x", 1) != 1)
		_exit(9);
}

/* The child: writes until it is killed, or for ever. */
static void write_on(const char *path, unsigned die, int fd)
{
	struct device_row d = a_device(SERIAL, "x");
	struct store *s = NULL;
	struct fault own = { 0 };

	if (store_open(path, 0, &s, &own) != ST_OK || store_device_seen(s, &d, T0, &own) != ST_OK)
		_exit(8);
	if (die > 0)
		store_on_commit(s, die_at, &die);
	else
		store_on_commit(s, tell, &fd);
	for (unsigned i = 0; i < 100000; i++)
		if (back_up(s, i, &own) != ST_OK)
			_exit(7);
	_exit(6);
}

/* Opens what the dead writer left; the number of whole writes in it. */
static size_t look(const char *path)
{
	struct store *s = NULL;
	struct journal_verdict v;
	struct object_row *objects = NULL;
	struct key_row *keys = NULL;
	size_t backups = 0, n_keys = 0, n_objects = 0;

	must(store_open(path, 0, &s, &f));
	must(store_check(s, &f));
	must(store_journal_verify(s, &v, &f));
	assert_int_equal(v.broken, 0);
	must(store_backups_count(s, &(struct backup_filter){ 0 }, &backups, &f));
	assert_int_equal(v.entries, backups);
	must(store_keys(s, (struct store_page){ 0 }, &keys, &n_keys, &f));
	must(store_objects(s, &(struct object_filter){ .device = SERIAL }, &objects, &n_objects, &f));
	if (backups <= 200) {
		assert_int_equal(n_keys, backups);
		assert_int_equal(n_objects, backups);
	}
	for (size_t i = 0; i < n_keys; i++) {
		assert_int_equal(keys[i].backups, 1);
		assert_int_equal(keys[i].proof, PROOF_INTACT);
	}
	free(keys), free(objects);
	store_close(s);
	return backups;
}

static void killed_at_each_commit(void **state)
{
	(void)state;
	for (unsigned at = 1; at <= WRITES; at++) {
		char *dir = test_folder(), *path = in_folder(dir, "i.db");
		pid_t pid = fork();
		int status = 0;

		assert_true(pid >= 0);
		if (pid == 0)
			write_on(path, at, -1);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		assert_int_equal(look(path), at);
		free(path);
		remove_folder(dir);
	}
}

static void killed_at_any_moment(void **state)
{
	unsigned seed = (unsigned)time(NULL), torn = 0;
	size_t most = 0;

	(void)state;
	print_message("# seed %u\n", seed);
	for (unsigned round = 0; round < 25; round++) {
		char *dir = test_folder(), *path = in_folder(dir, "i.db"), told[4096];
		struct timespec wait = { 0, (long)(rand_r(&seed) % 40000) * 1000 };
		size_t reported = 0, found;
		int pipes[2], status = 0;
		ssize_t got;
		pid_t pid;

		assert_int_equal(pipe(pipes), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			close(pipes[0]);
			write_on(path, 0, pipes[1]);
		}
		close(pipes[1]);
		/* From the first commit on, at a moment of its own. */
		got = read(pipes[0], told, 1);
		assert_int_equal(got, 1);
		nanosleep(&wait, NULL);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		do {
			reported += (size_t)got;
			got = read(pipes[0], told, sizeof(told));
		} while (got > 0);
		close(pipes[0]);
		found = look(path);
		/* What was reported is there; one more may have been committed and not yet reported. */
		assert_true(found >= reported && found <= reported + 1);
		torn += found != reported;
		most = found > most ? found : most;
		free(path);
		remove_folder(dir);
	}
	print_message("# up to %zu writes, %u of 25 killed between writing a commit and reporting it\n", most, torn);
	assert_true(most > 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_each_commit),
		cmocka_unit_test(killed_at_any_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
