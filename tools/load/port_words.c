// Word by word. Which keys a driver needs is what config files are told, too.
#include "tools/load/port_words.h"

#include <stdlib.h>
#include <string.h>

#include "conf/nearest.h"

static const struct {
	const char *word, *needs, *example;
	enum conf_driver driver;
} drivers[] = {
	{"af_xdp", "netdev", "driver=af_xdp,netdev=eth0", CONF_AF_XDP},
	{"af_packet", "netdev", "driver=af_packet,netdev=eth0", CONF_AF_PACKET},
	{"pci", "device", "driver=pci,device=0000:03:00.0", CONF_PCI},
	{"vdev", "device", "driver=vdev,device=net_null0", CONF_VDEV},
	{"memif", "socket", "driver=memif,socket=/run/kedge/core.sock", CONF_MEMIF},
};
enum { N_DRIVERS = sizeof(drivers) / sizeof(drivers[0]) };
static const char *const keys[] = {"driver",  "netdev", "queues", "device",
				   "devargs", "socket", "id",     "server"};
enum { N_KEYS = sizeof(keys) / sizeof(keys[0]), WORD = 272 };

static bool read_number(const char *text, unsigned long most, unsigned long *out)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	*out = strtoul(text, &end, 10);
	return *end == '\0' && *out <= most;
}

static bool copy(char *out, size_t room, const char *text)
{
	return (size_t)snprintf(out, room, "%s", text) < room;
}

static bool take_driver(struct conf_port *p, const char *value)
{
	for (unsigned i = 0; i < N_DRIVERS; i++)
		if (strcmp(drivers[i].word, value) == 0) {
			p->driver = drivers[i].driver;
			return true;
		}
	return false;
}

static bool take(struct conf_port *p, const char *key, const char *value)
{
	unsigned long number = 0;

	if (strcmp(key, "driver") == 0)
		return take_driver(p, value);
	if (strcmp(key, "netdev") == 0)
		return copy(p->netdev, sizeof(p->netdev), value);
	if (strcmp(key, "device") == 0)
		return copy(p->device, sizeof(p->device), value);
	if (strcmp(key, "devargs") == 0)
		return copy(p->devargs, sizeof(p->devargs), value);
	if (strcmp(key, "socket") == 0)
		return value[0] == '/' && copy(p->socket, sizeof(p->socket), value);
	if (strcmp(key, "server") == 0) {
		p->server = strcmp(value, "true") == 0;
		return p->server || strcmp(value, "false") == 0;
	}
	if (strcmp(key, "queues") == 0) {
		bool good = read_number(value, 64, &number);
		p->queues = (uint16_t)number;
		return good;
	}
	bool good = read_number(value, 65535, &number);
	p->id = (uint32_t)number;
	return good;
}

static bool is_key(const char *key)
{
	for (unsigned i = 0; i < N_KEYS; i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

static void say_key(const char *key, char *why, size_t n)
{
	struct nearest near = nearest_to(key);

	for (unsigned i = 0; i < N_KEYS; i++)
		nearest_offer(&near, keys[i]);
	snprintf(why, n, "a port has no \"%s\"%s%s%s; try: %s", key,
		 near.best != NULL ? ", did you mean " : "", near.best != NULL ? near.best : "",
		 near.best != NULL ? "?" : "", drivers[N_DRIVERS - 1].example);
}

static const char *value_wanted(const char *key)
{
	if (strcmp(key, "driver") == 0)
		return "af_xdp, af_packet, pci, vdev or memif";
	if (strcmp(key, "server") == 0)
		return "true or false";
	if (strcmp(key, "socket") == 0)
		return "an absolute path of at most 107 characters";
	if (strcmp(key, "queues") == 0)
		return "a number up to 64";
	return strcmp(key, "id") == 0 ? "a number up to 65535" : "a shorter one";
}

static const char *text_of_key(const struct conf_port *p, const char *key)
{
	return key[0] == 'n' ? p->netdev : key[0] == 'd' ? p->device : p->socket;
}

static bool has_what_it_needs(const struct conf_port *p, bool driver, char *why, size_t n)
{
	for (unsigned i = 0; driver && i < N_DRIVERS; i++) {
		if (drivers[i].driver != p->driver)
			continue;
		if (text_of_key(p, drivers[i].needs)[0] != '\0')
			return true;
		snprintf(why, n, "%s needs a %s; try: %s", drivers[i].word, drivers[i].needs,
			 drivers[i].example);
		return false;
	}
	snprintf(why, n, "a port begins with its driver; try: %s", drivers[N_DRIVERS - 1].example);
	return false;
}

bool port_words_read(const char *words, const char *name, struct conf_port *out, char *why,
		     size_t n)
{
	struct conf_port p = {0};
	bool driver = false;
	char word[WORD];

	snprintf(p.name, sizeof(p.name), "%s", name);
	while (*words != '\0') {
		size_t len =
			strncmp(words, "devargs=", 8) == 0 ? strlen(words) : strcspn(words, ",");
		snprintf(word, sizeof(word), "%.*s", (int)len, words);
		words += len + (words[len] == ',');
		char *value = strchr(word, '=');
		if (value != NULL)
			*value++ = '\0';
		if (!is_key(word)) {
			say_key(word, why, n);
			return false;
		}
		if (value == NULL || len >= sizeof(word) || !take(&p, word, value)) {
			snprintf(why, n, "%s=%s: wanted is %s", word, value != NULL ? value : "",
				 value_wanted(word));
			return false;
		}
		driver |= strcmp(word, "driver") == 0;
	}
	if (!has_what_it_needs(&p, driver, why, n))
		return false;
	*out = p;
	return true;
}
