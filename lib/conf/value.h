// One value of the configuration, by its row: text to field, field to text.
//
// Decides: what a number, a flag, a name, an address looks like, and what was probably meant by
// one that does not. Does not decide: what values must be to each other (rules.h).
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "conf/schema.h"

enum { VALUE_WHY = 400, VALUE_TEXT = 256 };

// Fills the field; or false with one line of what is wrong in `why`, and the field untouched.
// `plain`: the text stood without quotes.
bool value_parse(const struct schema_row *, const char *text, bool plain, void *field,
		 char why[static VALUE_WHY]);
// The text that value_parse takes for what is in the field; whether YAML needs quotes around it.
bool value_format(const struct schema_row *, const void *field, char text[static VALUE_TEXT]);
// "1..64", "one of: a, b", "true or false": what the row takes.
void value_range(const struct schema_row *, char *buf, size_t n);
