/**
 * @file fx_test.h
 * What every cmocka test includes: cmocka.h does not stand alone, it wants these four before it.
 */
#ifndef FX_TEST_H
#define FX_TEST_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
/* clang-format on */

#endif
