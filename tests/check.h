/*
 * What the tests in C say alike, and what cmocka.h wants before it. must() and must_fail() tell of the `struct fault f` that
 * stands where they are said.
 */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/error.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

#define must(call) \
	do { \
		enum status must_ = (call); \
		if (must_ != ST_OK) \
			fail_msg("%s gave %s: %s", #call, status_name(must_), f.what); \
	} while (0)

/* A failure that is told in whole sentences. */
#define must_fail(call, wanted) \
	do { \
		f.what[0] = '\0'; \
		assert_string_equal(status_name(call), status_name(wanted)); \
		assert_int_equal(f.st, wanted); \
		assert_true(strlen(f.what) > 20 && f.what[0] != ' '); \
		assert_non_null(strchr(".)", f.what[strlen(f.what) - 1])); \
	} while (0)

#endif
