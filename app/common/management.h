// The operator's door as configured.
#pragma once

#include "conf/conf.h"
#include "mgmt/mgmt.h"

// Before anything else is touched: another instance answers here. 0 or -errno with one line of why.
int management_open(const struct conf *, const struct mgmt_command *, void *app, struct mgmt **out,
		    char *why, size_t n);
