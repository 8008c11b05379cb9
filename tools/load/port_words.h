// A port on the command line: the keys of a port in the configuration, as key=value with commas.
// Pure.
#pragma once

#include "conf/conf.h"

// driver=memif,socket=/run/core.sock,server=true. devargs takes the rest of the line. True, or
// false with what is wrong and what to type, and *out untouched.
bool port_words_read(const char *words, const char *name, struct conf_port *out, char *why,
		     size_t n);
