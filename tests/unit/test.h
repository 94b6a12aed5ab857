/* What every unit test includes: cmocka, which wants these headers before it. */
#ifndef SINKGRID_TESTS_UNIT_TEST_H
#define SINKGRID_TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#undef fail /* cmocka's macro; ours is in base/error.h */
#undef fail_msg
#define fail_msg(...) (print_error(__VA_ARGS__), print_error("\n"), _fail(__FILE__, __LINE__))

#endif
