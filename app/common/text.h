// What peers call themselves, made fit for logs and tables: printable ASCII stays, the rest is
// \xNN.
#pragma once

#include "base/cursor.h"

// Cut to fit, always terminated; returns buf.
char *text_of(struct span, char *buf, size_t n);
char *text_of_words(struct span, char *buf, size_t n); // of a sentence: blanks stay
// "02:00:5e:10:00:01"; also for identifiers of other lengths. Cut to fit; returns buf.
char *text_of_mac(struct span, char *buf, size_t n);
