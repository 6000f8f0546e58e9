#include "store/sql.h"

#define RUN_COLUMNS \
	"SELECT id, procedure, device, step, repetition, step_name, kcv, answers, facts, started, updated, state FROM run"

static const char *const statements[SQL_COUNT] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_SAVEPOINT] = "SAVEPOINT part",
	[SQL_RELEASE] = "RELEASE part",
	[SQL_ROLLBACK_TO] = "ROLLBACK TO part",

	[SQL_INVENTORY] = "SELECT id FROM inventory",

	/* --- devices --- */
	[SQL_DEVICE_ID] = "SELECT id FROM device WHERE serial = ?1",
	[SQL_DEVICE_SEEN] =
		"INSERT INTO device(serial, label, hardware, fw_major, fw_minor, initialised, transport_pin, pin_tries,"
		" so_pin_tries, memory_free, memory_total, first_seen, last_seen)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12)"
		" ON CONFLICT (serial) DO UPDATE SET"
		" label = CASE WHEN ?6 IS NOT NULL OR ?2 <> '' THEN ?2 ELSE label END,"
		" hardware = CASE WHEN ?3 <> '' THEN ?3 ELSE hardware END,"
		" fw_major = coalesce(?4, fw_major), fw_minor = coalesce(?5, fw_minor),"
		" initialised = coalesce(?6, initialised), transport_pin = coalesce(?7, transport_pin),"
		" pin_tries = coalesce(?8, pin_tries), so_pin_tries = coalesce(?9, so_pin_tries),"
		" memory_free = coalesce(?10, memory_free), memory_total = coalesce(?11, memory_total),"
		" last_seen = max(last_seen, ?12)",
	[SQL_DEVICE_KEPT] = "UPDATE device SET kept = ?2 WHERE id = ?1",
	[SQL_DEVICE_SO_PIN] = "UPDATE device SET factory_so_pin = ?2 WHERE id = ?1",
	[SQL_DEVICE_PIN_MAX] = "UPDATE device SET pin_max = ?2 WHERE id = ?1",
	[SQL_DEVICE_LISTED] = "UPDATE device SET listed_at = ?2, last_seen = max(last_seen, ?2) WHERE id = ?1",
	[SQL_DEVICE_FORGET] = "DELETE FROM device WHERE id = ?1",
	[SQL_KEYS_FORGET] =
		"DELETE FROM key WHERE backups = 0 AND NOT EXISTS (SELECT 1 FROM object WHERE object.key = key.id)"
		" AND NOT EXISTS (SELECT 1 FROM backup WHERE backup.key = key.id)",
	[SQL_DEVICE_WIPED] =
		"UPDATE device SET initialised = 1, initialised_at = ?2, listed_at = ?2, pin_max = NULL, last_seen = max(last_seen, ?2)"
		" WHERE id = ?1",
	[SQL_OBJECTS_WIPED] = "UPDATE object SET gone_at = ?2, gone_how = 'wiped' WHERE device = ?1 AND gone_at IS NULL",
	[SQL_DOMAINS_WIPED] = "DELETE FROM domain WHERE device = ?1",
	/* A check value that is not shown stays known, unless the domain has visibly become another one. */
	[SQL_DOMAIN_SEEN] =
		"INSERT INTO domain(device, number, present, shares, missing, exchanged, kcv, seen_at)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
		" ON CONFLICT (device, number) DO UPDATE SET"
		" kcv = CASE WHEN ?7 IS NOT NULL THEN ?7 WHEN ?3 = 0 OR ?5 > 0 OR ?4 <> shares OR ?6 <> exchanged THEN NULL"
		"   ELSE kcv END,"
		" present = coalesce(?3, present), shares = coalesce(?4, shares), missing = coalesce(?5, missing),"
		" exchanged = ?6, seen_at = ?8",
	[SQL_DOMAINS] = "SELECT number, present, shares, missing, exchanged, kcv FROM domain WHERE device = ?1 ORDER BY number",
	[SQL_FIRST_DOMAINS] =
		"SELECT d.serial, m.number, m.present, m.shares, m.missing, m.exchanged, m.kcv FROM domain m"
		" JOIN device d ON d.id = m.device WHERE m.number = 0 ORDER BY d.serial",
	[SQL_USUAL_ADD] =
		"INSERT INTO usual(device, name, ms, n) VALUES (?1, ?2, ?3, 1)"
		" ON CONFLICT (device, name) DO UPDATE SET"
		" ms = CASE WHEN n < 4 THEN (ms * n + ?3) / (n + 1) ELSE (ms * 3 + ?3) / 4 END, n = min(n + 1, 1000)",
	[SQL_USUAL] =
		"SELECT coalesce((SELECT u.ms FROM usual u JOIN device d ON d.id = u.device WHERE d.serial = ?1 AND u.name = ?2),"
		" (SELECT CAST(avg(ms) AS INTEGER) FROM usual WHERE name = ?2))",
	[SQL_USUALS] = "SELECT name, ms, n FROM usual WHERE device = ?1 ORDER BY name",

	/* --- DKEKs --- */
	[SQL_DKEK_KNOWN] = "INSERT INTO dkek(kcv, first_seen) VALUES (?1, ?2) ON CONFLICT (kcv) DO NOTHING",
	[SQL_DKEK_FILL] =
		"UPDATE dkek SET label = CASE WHEN ?2 <> '' THEN ?2 ELSE label END, shares = coalesce(?3, shares) WHERE kcv = ?1",
	[SQL_DKEK_SHARE] = "INSERT INTO dkek_share(dkek, share) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
	[SQL_SHARE_ID] = "SELECT id FROM share WHERE kcv = ?1",
	[SQL_SHARE_ADD] = "INSERT INTO share(kcv, first_seen) VALUES (?1, ?2)",
	[SQL_SHARE_FILE_FIND] =
		"SELECT sf.id, sf.share, sh.kcv FROM share_file sf JOIN share sh ON sh.id = sf.share"
		" WHERE sf.sha256 = ?1 AND sf.form = ?2",
	[SQL_SHARE_FILE_ADD] =
		"INSERT INTO share_file(share, sha256, form, first_seen, file, custodian, place, threshold, parts, made_at, checked_at)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
	[SQL_SHARE_FILE_FILL] =
		"UPDATE share_file SET share = ?2, file = CASE WHEN file = '' THEN ?3 ELSE file END,"
		" custodian = CASE WHEN ?4 <> '' THEN ?4 ELSE custodian END, place = CASE WHEN ?5 <> '' THEN ?5 ELSE place END,"
		" threshold = coalesce(?6, threshold), parts = coalesce(?7, parts), made_at = coalesce(made_at, ?8),"
		" checked_at = coalesce(?9, checked_at) WHERE id = ?1",
	[SQL_SHARE_FILE_CHECKED] = "UPDATE share_file SET checked_at = ?2 WHERE id = ?1",
	[SQL_SHARE_FILE_GONE] = "UPDATE share_file SET gone_at = ?2 WHERE id = ?1",
	[SQL_PART_SET] =
		"INSERT INTO share_part(file, number, custodian, form, place, checked_at, gone_at)"
		" SELECT id, ?2, ?3, ?4, ?5, ?6, ?7 FROM share_file WHERE id = ?1"
		" ON CONFLICT (file, number) DO UPDATE SET custodian = ?3, form = ?4, place = ?5, checked_at = ?6, gone_at = ?7",
	[SQL_PARTS] =
		"SELECT number, custodian, form, place, checked_at, gone_at FROM share_part WHERE file = ?1 ORDER BY number",

	/* --- keys and objects --- */
	[SQL_NAME_ID] = "SELECT id FROM name WHERE text = ?1 COLLATE NOCASE AND text = ?1",
	[SQL_NAME_ADD] = "INSERT INTO name(text) VALUES (?1)",
	[SQL_KEY_ID] = "SELECT id FROM key WHERE identity = ?1",
	[SQL_KEY_ADD] =
		"INSERT INTO key(identity, algorithm, size, curve, name, first_seen) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[SQL_KEY_FILL] =
		"UPDATE key SET algorithm = CASE WHEN ?2 <> '' THEN ?2 ELSE algorithm END, size = coalesce(?3, size),"
		" curve = CASE WHEN ?4 <> '' THEN ?4 ELSE curve END, name = coalesce(?5, name) WHERE id = ?1",
	[SQL_KEY_SET_SPKI] = "UPDATE key SET spki = ?2 WHERE id = ?1",
	[SQL_KEY_SPKI] = "SELECT spki FROM key WHERE identity = ?1 AND spki IS NOT NULL",
	/* What the backup's file told, for a key that was not known before it was opened. */
	[SQL_KEY_FROM_BACKUP] =
		"UPDATE key SET algorithm = CASE WHEN key.algorithm = '' THEN b.algorithm ELSE key.algorithm END,"
		" size = coalesce(key.size, b.size), curve = CASE WHEN key.curve = '' THEN b.curve ELSE key.curve END,"
		" name = CASE WHEN (SELECT text FROM name WHERE id = key.name) = '' THEN b.name ELSE key.name END"
		" FROM backup b WHERE b.id = ?1 AND key.id = b.key",
	[SQL_OBJECT_ADD] =
		"INSERT INTO object(device, type, key_ref, domain, cka_id, label, key, certifies, algorithm, size, curve, flags,"
		" use_counter, subject, not_after, sha256, fid, first_seen)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
	[SQL_OBJECT_CHANGE] =
		"UPDATE object SET key_ref = ?3, domain = ?4, cka_id = ?5, label = ?6, key = coalesce(?7, key),"
		" certifies = coalesce(?8, certifies), algorithm = ?9, size = ?10, curve = ?11, flags = ?12,"
		" use_counter = coalesce(?13, use_counter),"
		" subject = ?14, not_after = ?15, sha256 = coalesce(?16, sha256) WHERE id = ?1",
	[SQL_OBJECT_GONE] = "UPDATE object SET gone_at = ?2, gone_how = ?3 WHERE id = ?1",
	[SQL_OBJECT_DELETED] =
		"UPDATE object SET gone_at = ?4, gone_how = 'deleted'"
		" WHERE device = ?1 AND type = ?2 AND fid = ?3 AND gone_at IS NULL",
	[SQL_CERTIFICATE_KEEP] = "INSERT INTO certificate(sha256, content) VALUES (?1, ?2) ON CONFLICT (sha256) DO NOTHING",
	[SQL_CERTIFICATE] = "SELECT content FROM certificate WHERE sha256 = ?1",

	/* --- backups --- */
	[SQL_BACKUP_KNOWN] = "SELECT b.id, k.identity FROM backup b LEFT JOIN key k ON k.id = b.key WHERE b.sha256 = ?1",
	[SQL_BACKUP_KNOWN_BY_ID] = "SELECT b.id, k.identity FROM backup b LEFT JOIN key k ON k.id = b.key WHERE b.id = ?1",
	[SQL_BACKUP_ADD] =
		"INSERT INTO backup(key, algorithm, size, curve, name, cka_id, made_on, made_at, file, form, sha256, blob_sha256,"
		" bytes, kcv, added_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
	[SQL_BACKUP_FILL] =
		"UPDATE backup SET key = coalesce(key, ?1), algorithm = CASE WHEN algorithm = '' THEN ?2 ELSE algorithm END,"
		" size = coalesce(size, ?3), curve = CASE WHEN curve = '' THEN ?4 ELSE curve END,"
		" name = CASE WHEN (SELECT text FROM name WHERE id = backup.name) = '' THEN ?5 ELSE name END,"
		" cka_id = coalesce(cka_id, ?6), made_on = coalesce(made_on, ?7), made_at = coalesce(made_at, ?8),"
		" file = CASE WHEN file = '' THEN ?9 ELSE file END, form = CASE WHEN form = '' THEN ?10 ELSE form END"
		" WHERE id = ?11",
	[SQL_BACKUP_SET_KEY] = "UPDATE backup SET key = ?2 WHERE id = ?1",
	[SQL_BACKUP_PROVE] =
		"UPDATE backup SET proof_at = CASE WHEN ?2 >= proof THEN ?4 ELSE proof_at END,"
		" proof_device = CASE WHEN ?2 >= proof THEN ?3 ELSE proof_device END, proof = max(proof, ?2) WHERE id = ?1",
	[SQL_PROOF_ADD] = "INSERT INTO proof(backup, level, device, at) VALUES (?1, ?2, ?3, ?4)",
	[SQL_PROOFS] = "SELECT level, device, at FROM proof WHERE backup = ?1 ORDER BY id",
	[SQL_WRAPPED_ADD] = "INSERT INTO wrapped(backup, data) VALUES (?1, ?2)",
	[SQL_WRAPPED] = "SELECT b.sha256, w.data FROM backup b JOIN wrapped w ON w.backup = b.id WHERE b.id = ?1",

	/* --- journal and runs --- */
	[SQL_JOURNAL_HEAD] = "SELECT number, hash FROM journal ORDER BY number DESC LIMIT 1",
	[SQL_JOURNAL_ADD] =
		"INSERT INTO journal(number, at, what, text, device, key, person, run, before, hash)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	[SQL_JSON_VALID] = "SELECT json_valid(?1)",
	[SQL_RUN_BEGIN] =
		"INSERT INTO run(procedure, device, kcv, answers, started, updated) VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
	[SQL_RUN_STEP] =
		"UPDATE run SET step = ?2, repetition = ?3, step_name = ?4, facts = coalesce(?5, facts), updated = ?6"
		" WHERE id = ?1 AND state = 0",
	[SQL_RUN_FINISH] = "UPDATE run SET state = ?2, updated = ?3 WHERE id = ?1 AND state = 0",
	[SQL_RUN] = RUN_COLUMNS " WHERE id = ?1",
	[SQL_RUNS_OPEN] = RUN_COLUMNS " WHERE state = 0 ORDER BY id DESC",
	[SQL_RUNS_OF] = RUN_COLUMNS " WHERE device = ?1 AND procedure = ?2 ORDER BY id DESC LIMIT 1000",
	[SQL_RUNS_OPEN_ON] = RUN_COLUMNS " WHERE state = 0 AND device = ?1 ORDER BY id DESC",
};

const char *sql_text(enum sql sql)
{
	return statements[sql];
}
