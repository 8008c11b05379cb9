// What every cmocka program needs in front of cmocka.h, in the order that it asks for.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
