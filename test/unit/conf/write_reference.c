// Writes docs/configuration.md to standard output: "ninja configuration-page" puts it in its place.
#include "conf/conf.h"

int main(void)
{
	conf_reference(stdout);
	return fflush(stdout) == 0 ? 0 : 1;
}
