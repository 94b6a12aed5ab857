/* What every unit test includes: cmocka, which wants these headers before it. */
#ifndef SINKGRID_TESTS_UNIT_TEST_H
#define SINKGRID_TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#undef fail /* cmocka's macro; ours is in base/error.h */

#endif
