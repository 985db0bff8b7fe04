/* SPDX-License-Identifier: ISC */
/* The text of a reply to EHLO, then the list of --offers. */
#include "smtp/capabilities.h"

#include "fuzz.h"

static void parse(struct capabilities *c, const char *text)
{
	capabilities_parse(c, text);
	fuzz_require((c->offers & OFFER_AUTH) || !c->auth.count, "mechanisms only with AUTH");
	fuzz_require((c->offers & OFFER_SIZE) || !c->size, "a size only with SIZE");
	fuzz_require((c->offers & OFFER_LIMITS) || (!c->rcpt_max && !c->mail_max),
		"limits only with LIMITS");
}

static void parse_names(struct capabilities *c, const char *names)
{
	const char *unknown = NULL;

	if (!capabilities_from_names(c, names, &unknown))
		fuzz_require(unknown >= names && unknown <= names + strlen(names),
			"the unknown name lies in the list");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { (const char *)data, size }, names = fuzz_piece(&in, '\0');
	struct capabilities c = CAPABILITIES_INIT, again = CAPABILITIES_INIT;
	char *list = fuzz_string(&names), *text = fuzz_string(&in);

	parse_names(&c, list);
	parse(&c, text);
	parse(&again, text);
	fuzz_require(c.offers == again.offers && c.auth.count == again.auth.count,
		"what was known before is forgotten");
	capabilities_release(&c);
	capabilities_release(&again);
	free(list);
	free(text);
	return 0;
}
