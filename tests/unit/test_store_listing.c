/* Listings: what a list on a screen is made of. */
#include "tests/unit/store_help.h"

#include "store/away.h"
#include "store/listing.h"

static void type_words(const char *algorithm, unsigned size, const char *curve, char out[static STORE_NAME_MAX])
{
	(void)snprintf(out, STORE_NAME_MAX, "%.4s %u %.12s", algorithm, size, curve);
}

static struct listing *listing_of(struct store *s, enum listing_kind kind)
{
	struct listing *l = NULL;
	struct fault f = { 0 };

	must(store_listing(s, kind, type_words, &l, &f));
	return l;
}

/* The rows that were found, by their texts in this column, one after the other. */
static const char *found(const struct listing *l, unsigned show, const char *text, unsigned column, bool descending)
{
	static char out[2000];
	struct fault f = { 0 };
	uint32_t *rows = NULL;
	size_t n = 0;

	out[0] = '\0';
	must(listing_find(l, &(struct listing_query){ text, column, descending }, &rows, &n, &f));
	for (size_t i = 0; i < n; i++)
		(void)snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%s", i > 0 ? "," : "", listing_text(l, rows[i], show));
	free(rows);
	return out;
}

static void holds(struct store *s, const char *serial, const char *const *labels, const unsigned *seeds, size_t n, int64_t at)
{
	struct object_row *rows = calloc(n, sizeof(*rows));
	struct fault f = { 0 };

	assert_non_null(rows);
	for (size_t i = 0; i < n; i++)
		rows[i] = a_key((unsigned)i + 1, labels[i], seeds[i]);
	must(store_objects_sync(s, serial, rows, n, at, &f));
	free(rows);
}

/* Keys alpha to foxtrot: on one device, on two, backed up, proven, only in a backup, gone. */
static struct store *a_fleet(void)
{
	static const char *const labels[] = { "alpha", "Bravo", "charlie", "delta", "foxtrot" };
	static const unsigned seeds[] = { 1, 2, 3, 4, 6 };
	struct store *s = small_store();
	struct device_row second = a_device("DENK0200915", "Berlin");
	struct fault f = { 0 };
	int64_t id;

	must(store_device_seen(s, &second, T0, &f));
	holds(s, SERIAL, labels, seeds, 5, T0);
	holds(s, SERIAL, labels, seeds, 4, T0 + 1);
	holds(s, "DENK0200915", labels + 1, seeds + 1, 1, T0);
	(void)add_backup(s, "of charlie", "charlie", an_identity(3, STORE_SPKI_LEN));
	id = add_backup(s, "of delta", "delta", an_identity(4, STORE_SPKI_LEN));
	must(store_backup_prove(s, id, PROOF_OPENED, NULL, T0 + 5, &f));
	(void)add_backup(s, "of echo", "echo", an_identity(5, STORE_SPKI_LEN));
	return s;
}

static void keys_that_need_care_stand_first(void **state)
{
	CLEANUP(store_close_guard) struct store *s = a_fleet();
	CLEANUP(listing_free_guard) struct listing *l = listing_of(s, LISTING_KEYS);

	(void)state;
	assert_int_equal(listing_rows(l), 6);
	assert_string_equal(found(l, KEYS_LABEL, NULL, KEYS_CARE, false), "alpha,Bravo,charlie,echo,delta,foxtrot");
	assert_string_equal(found(l, KEYS_LABEL, NULL, KEYS_CARE, true), "foxtrot,delta,charlie,echo,Bravo,alpha");
	assert_string_equal(found(l, KEYS_LABEL, "", KEYS_LABEL, true), "foxtrot,echo,delta,charlie,Bravo,alpha");
	assert_string_equal(found(l, KEYS_LABEL, NULL, KEYS_DEVICES, false), "echo,foxtrot,alpha,charlie,delta,Bravo");
}

static void a_row_knows_what_it_is(void **state)
{
	static const enum key_care care[] = { CARE_ONLY_ONE, CARE_NO_BACKUP, CARE_UNPROVEN, CARE_NONE, CARE_GONE, CARE_UNPROVEN };
	static const char *const labels[] = { "alpha", "Bravo", "charlie", "delta", "foxtrot", "echo" };
	CLEANUP(store_close_guard) struct store *s = a_fleet();
	CLEANUP(listing_free_guard) struct listing *l = listing_of(s, LISTING_KEYS);

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		struct key_row row;
		struct fault f = { 0 };

		assert_string_equal(listing_text(l, i, KEYS_LABEL), labels[i]);
		assert_int_equal(listing_number(l, i, KEYS_CARE), care[i]);
		must(store_key_by_number(s, listing_id(l, i), &row, &f));
		assert_string_equal(row.label, labels[i]);
		assert_int_equal(listing_number(l, i, KEYS_BACKUPS), row.backups);
		assert_int_equal(listing_number(l, i, KEYS_DEVICES), row.devices);
		assert_int_equal(listing_number(l, i, KEYS_PROOF), row.proof);
	}
	assert_string_equal(listing_text(l, 0, KEYS_TYPE), "ec 256 secp256r1");
}

static void a_row_knows_its_devices(void **state)
{
	CLEANUP(store_close_guard) struct store *s = a_fleet();
	CLEANUP(listing_free_guard) struct listing *l = listing_of(s, LISTING_KEYS);
	const uint32_t *devices = NULL;
	uint32_t second = 0, none = 0;

	(void)state;
	assert_true(listing_device(l, "DENK0200915", &second));
	assert_false(listing_device(l, "DENK0200916", &none));
	assert_int_equal(listing_devices(l, 0, &devices), 1);
	assert_string_equal(listing_serial(l, devices[0]), SERIAL);
	assert_int_equal(listing_devices(l, 1, &devices), 2);
	assert_true(devices[0] == second || devices[1] == second);
	assert_int_equal(listing_devices(l, 5, &devices), 0);
}

static void a_filter_finds_labels_types_and_devices(void **state)
{
	CLEANUP(store_close_guard) struct store *s = a_fleet();
	CLEANUP(listing_free_guard) struct listing *l = listing_of(s, LISTING_KEYS);

	(void)state;
	assert_string_equal(found(l, KEYS_LABEL, "RAV", KEYS_LABEL, false), "Bravo");
	assert_string_equal(found(l, KEYS_LABEL, "lin", KEYS_LABEL, false), "Bravo");   /* on Berlin */
	assert_string_equal(found(l, KEYS_LABEL, "li", KEYS_LABEL, false), "charlie");   /* Berlin has it, too */
	assert_string_equal(found(l, KEYS_LABEL, "ch", KEYS_LABEL, false), "charlie,echo");
	assert_string_equal(found(l, KEYS_LABEL, "0200914", KEYS_LABEL, false), "alpha,Bravo,charlie,delta");
	assert_string_equal(found(l, KEYS_LABEL, "SECP256", KEYS_LABEL, false), "alpha,Bravo,charlie,delta,foxtrot");
	assert_string_equal(found(l, KEYS_LABEL, "alphabravo", KEYS_LABEL, false), "");
	assert_string_equal(found(l, KEYS_LABEL, "a\nb", KEYS_LABEL, false), "");
}

static void backups_tell_who_can_take_them(void **state)
{
	CLEANUP(store_close_guard) struct store *s = a_fleet();
	struct domain_row with = { .present = 1, .shares = 2, .has_kcv = true, .kcv = { 0xe9, 0x4f, 1, 2, 3, 4, 5, 6 } };
	struct domain_row other = { .present = 1, .shares = 2, .has_kcv = true, .kcv = { 1 } };
	CLEANUP(listing_free_guard) struct listing *l = NULL;
	const uint32_t *devices = NULL;
	struct fault f = { 0 };

	(void)state;
	must(store_domain_seen(s, "DENK0200915", &with, T0, &f));
	must(store_domain_seen(s, SERIAL, &other, T0, &f));
	l = listing_of(s, LISTING_BACKUPS);
	assert_int_equal(listing_rows(l), 3);
	assert_string_equal(found(l, BACKUPS_LABEL, NULL, BACKUPS_NUMBER, true), "echo,delta,charlie");
	assert_string_equal(found(l, BACKUPS_LABEL, NULL, BACKUPS_PROOF, true), "delta,echo,charlie");
	assert_string_equal(found(l, BACKUPS_LABEL, "e94f01", BACKUPS_LABEL, false), "charlie,delta,echo");
	assert_int_equal(listing_devices(l, 0, &devices), 1);
	assert_string_equal(listing_serial(l, devices[0]), "DENK0200915");
	assert_int_equal(listing_number(l, 1, BACKUPS_PROVEN), T0 + 5);
}

static void the_journal_is_newest_first(void **state)
{
	CLEANUP(store_close_guard) struct store *s = a_fleet();
	const struct key_identity key = an_identity(2, STORE_SPKI_LEN);
	CLEANUP(listing_free_guard) struct listing *l = NULL;
	struct fault f = { 0 };

	(void)state;
	must(store_journal(s, &(struct journal_entry){ .at = T0, .what = "a", .text = "One.", .device = SERIAL }, &f));
	must(store_journal(s, &(struct journal_entry){ .at = T0, .what = "b", .text = "Two.", .key = &key, .person = "Ada" }, &f));
	must(store_journal(s, &(struct journal_entry){ .at = T0, .what = "c", .text = "Three." }, &f));
	l = listing_of(s, LISTING_JOURNAL);
	assert_string_equal(found(l, JOURNAL_TEXT, NULL, JOURNAL_NUMBER, true), "Three.,Two.,One.");
	assert_string_equal(found(l, JOURNAL_TEXT, "root-ca-a", JOURNAL_NUMBER, true), "One.");
	assert_string_equal(found(l, JOURNAL_TEXT, "bravo", JOURNAL_NUMBER, true), "Two.");
	assert_string_equal(found(l, JOURNAL_TEXT, "ada", JOURNAL_NUMBER, true), "Two.");
	assert_string_equal(found(l, JOURNAL_PERSON, "three", JOURNAL_NUMBER, true), "");
}

/* For all devices at once, what store_domains() says of each. */
static void first_domains_are_those_of_each_device(void **state)
{
	CLEANUP(store_close_guard) struct store *s = a_fleet();
	struct domain_row first = { .present = 1, .shares = 2, .has_kcv = true, .kcv = { 7 } };
	struct domain_row second = { .number = 1, .present = 1, .shares = 3, .has_kcv = true, .kcv = { 8 } };
	struct device_domain *all = NULL;
	struct domain_row *one = NULL;
	struct fault f = { 0 };
	size_t n = 0, m = 0;

	(void)state;
	must(store_domain_seen(s, "DENK0200915", &first, T0, &f));
	must(store_domain_seen(s, "DENK0200915", &second, T0, &f));
	must(store_domain_seen(s, SERIAL, &second, T0, &f));
	must(store_first_domains(s, &all, &n, &f));
	assert_int_equal(n, 1);
	assert_string_equal(all[0].serial, "DENK0200915");
	must(store_domains(s, "DENK0200915", &one, &m, &f));
	assert_int_equal(m, 2);
	assert_memory_equal(&all[0].domain, &one[0], sizeof(one[0]));
	free(all);
	free(one);
}

static void nothing_is_a_listing_too(void **state)
{
	struct fault f = { 0 };
	CLEANUP(store_close_guard) struct store *s = NULL;

	(void)state;
	must(store_open(":memory:", 0, &s, &f));
	for (enum listing_kind kind = LISTING_KEYS; kind <= LISTING_JOURNAL; kind++) {
		CLEANUP(listing_free_guard) struct listing *l = listing_of(s, kind);

		assert_int_equal(listing_rows(l), 0);
		assert_string_equal(found(l, 0, "x", 0, false), "");
		assert_string_equal(found(l, 0, NULL, 1, true), "");
	}
}

/* Against a plain search and sort, with labels that come twice, in both cases of letters, and in many numbers. */
static void many_rows_are_found_as_by_hand(void **state)
{
	enum { KEYS = 3000 };
	CLEANUP(store_close_guard) struct store *s = small_store();
	CLEANUP(listing_free_guard) struct listing *l = NULL;
	uint32_t *order = NULL;
	struct fault f = { 0 };
	size_t n = 0, fit = 0;

	(void)state;
	for (unsigned i = 0; i < KEYS; i++) {
		struct key_row row = { .identity = an_identity(i + 1, STORE_SPKI_LEN), .size = i % 70000 };

		(void)snprintf(row.label, sizeof(row.label), "%s %u", i % 3 == 0 ? "Key" : i % 3 == 1 ? "key" : "other", i * 7919 % 1000);
		must(store_key_seen(s, &row, T0, &f));
	}
	l = listing_of(s, LISTING_KEYS);
	must(listing_find(l, &(struct listing_query){ "KEY 1", KEYS_LABEL, false }, &order, &n, &f));
	for (size_t i = 0; i < listing_rows(l); i++)
		fit += strncasecmp(listing_text(l, i, KEYS_LABEL), "key 1", 5) == 0;
	assert_int_equal(n, fit);
	assert_true(n > 100);
	for (size_t i = 1; i < n; i++)
		assert_true(strcasecmp(listing_text(l, order[i - 1], KEYS_LABEL), listing_text(l, order[i], KEYS_LABEL)) <= 0);
	free(order);
}

/* "SERIAL kind number label here", one after the other. */
static const char *away_of(struct store *s, const struct away_here *here, size_t n_here, struct away **ret)
{
	const struct away_query q = { .here = here, .n_here = n_here, .soon = T0, .rsa_weak_below = 2048, .ec_weak_below = 224,
				      .not_flags = 4 };
	static char out[2000];
	struct fault f = { 0 };

	must(store_away(s, &q, ret, &f));
	out[0] = '\0';
	for (size_t i = 0; i < (*ret)->n; i++) {
		const struct away_row *r = &(*ret)->row[i];

		(void)snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%s %d %u %s %d", i > 0 ? "," : "", r->serial, (int)r->kind,
			       r->n, r->label, r->here);
	}
	return out;
}

static void what_is_away_is_counted_by_device(void **state)
{
	CLEANUP(store_close_guard) struct store *s = a_fleet();
	CLEANUP(away_free_guard) struct away *all = NULL, *one = NULL, *taken = NULL, *none = NULL;
	struct away_here here[] = { { .serial = "DENK0200915" }, { .serial = "DENK0200916", .takes = true, .ec_max = 521,
								   .kcv = { 0xe9, 0x4f, 1, 2, 3, 4, 5, 6 } } };
	struct object_row more[3] = { an_object(THING_CERTIFICATE, 0xca01, "late"), an_object(THING_CERTIFICATE, 0xca02, "soon"),
				      a_key(1, "orphan", 77) };
	struct device_row third = a_device("DENK0200917", "third");
	struct fault f = { 0 };

	(void)state;
	/* alpha and Bravo have no backup, charlie's was not proven; Bravo is on both; echo is nowhere. */
	assert_string_equal(away_of(s, here, 0, &all),
			    SERIAL " 0 2 alpha -1," SERIAL " 1 1 charlie -1,DENK0200915 0 1 Bravo -1, 1 1 echo -1");
	assert_int_equal(all->keys[AWAY_NO_BACKUP], 2);
	assert_int_equal(all->keys[AWAY_UNPROVEN], 1);
	/* What is on a device that is here is not said of those that are away. */
	assert_string_equal(away_of(s, here, 1, &one), SERIAL " 0 1 alpha -1," SERIAL " 1 1 charlie -1, 1 1 echo -1");
	/* Certificates by the first that ends, weak keys, and what does not count. */
	more[0].not_after = T0 - 5;
	more[1].not_after = T0 - 9;
	more[2].flags = 4;
	must(store_device_seen(s, &third, T0, &f));
	must(store_objects_sync(s, "DENK0200917", more, 3, T0, &f));
	assert_string_equal(away_of(s, here, 2, &taken),
			    SERIAL " 0 1 alpha -1," SERIAL " 1 1 charlie 1,DENK0200917 2 2 soon -1, 1 1 echo 1");
	assert_int_equal(taken->row[1].n_backups, 1);
	assert_int_equal(taken->backup[taken->row[1].backup], 1);
	assert_int_equal(taken->backup[taken->row[3].backup], 3);
	/* It has the DKEK, and its firmware no keys of this size; of what kind echo is nobody knows. */
	here[1].ec_max = 192;
	assert_string_equal(away_of(s, here, 2, &none),
			    SERIAL " 0 1 alpha -1," SERIAL " 1 1 charlie -1,DENK0200917 2 2 soon -1, 1 1 echo 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_that_need_care_stand_first), cmocka_unit_test(a_row_knows_what_it_is),
		cmocka_unit_test(a_row_knows_its_devices), cmocka_unit_test(a_filter_finds_labels_types_and_devices),
		cmocka_unit_test(backups_tell_who_can_take_them), cmocka_unit_test(the_journal_is_newest_first),
		cmocka_unit_test(nothing_is_a_listing_too),
		cmocka_unit_test(first_domains_are_those_of_each_device), cmocka_unit_test(many_rows_are_found_as_by_hand),
		cmocka_unit_test(what_is_away_is_counted_by_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
