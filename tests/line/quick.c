/*
 * Linked around the key derivation of keyroom_quick, the program of the line tests: ten million rounds take three seconds a
 * share, and a script opens a dozen. The program asks for the count that it always asks for, which is checked here. With
 * the real count go the ceremony, the interop suite and one case of tests/line/terminal.sh.
 */
#include <stdlib.h>

#include "engine/keys/share.h"

enum { QUICK = 100 };

enum status __real_share_open(struct cur file, const struct secret *password, unsigned iterations, share_progress *progress,
			      void *ctx, struct secret *ret_share, struct fault *f);
enum status __real_share_seal(const struct secret *share, const struct secret *password,
			      const uint8_t salt[static SHARE_SALT_LEN], unsigned iterations, share_progress *progress,
			      void *ctx, uint8_t ret_file[static SHARE_FILE_LEN], struct fault *f);
enum status __wrap_share_open(struct cur file, const struct secret *password, unsigned iterations, share_progress *progress,
			      void *ctx, struct secret *ret_share, struct fault *f);
enum status __wrap_share_seal(const struct secret *share, const struct secret *password,
			      const uint8_t salt[static SHARE_SALT_LEN], unsigned iterations, share_progress *progress,
			      void *ctx, uint8_t ret_file[static SHARE_FILE_LEN], struct fault *f);

static unsigned quick(unsigned iterations)
{
	if (iterations != SHARE_ITERATIONS)
		abort();
	return QUICK;
}

enum status __wrap_share_open(struct cur file, const struct secret *password, unsigned iterations, share_progress *progress,
			      void *ctx, struct secret *ret_share, struct fault *f)
{
	return __real_share_open(file, password, quick(iterations), progress, ctx, ret_share, f);
}

enum status __wrap_share_seal(const struct secret *share, const struct secret *password,
			      const uint8_t salt[static SHARE_SALT_LEN], unsigned iterations, share_progress *progress,
			      void *ctx, uint8_t ret_file[static SHARE_FILE_LEN], struct fault *f)
{
	return __real_share_seal(share, password, salt, quick(iterations), progress, ctx, ret_file, f);
}
