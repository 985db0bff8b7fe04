/* SPDX-License-Identifier: ISC */
/*
 * A PKCS #11 module: SoftHSM's token with the manners of a smart card, which is locked after three
 * wrong PINs.  The file $CARD_FILE holds a letter for each login: o for a right PIN, x for a wrong
 * one.  With $CARD_CRASHES it does what bad modules do.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <p11-kit-1/p11-kit/pkcs11.h>
#include <stdlib.h>
#include <unistd.h>

static CK_FUNCTION_LIST card, *real;

static void note(char letter)
{
	int fd = open(getenv("CARD_FILE"), O_WRONLY | O_APPEND | O_CREAT, 0666);

	if (fd < 0 || write(fd, &letter, 1) < 0)
		abort();
	close(fd);
}

/* Since the last right one. */
static int wrong(void)
{
	char all[4096];
	int fd = open(getenv("CARD_FILE"), O_RDONLY), count = 0;
	ssize_t n = fd < 0 ? 0 : read(fd, all, sizeof all);

	close(fd);
	while (n > 0 && all[n - 1] != 'o')
		count += all[--n] == 'x';
	return count;
}

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	static const CK_FLAGS flags[] = { 0, CKF_USER_PIN_COUNT_LOW, CKF_USER_PIN_FINAL_TRY, CKF_USER_PIN_LOCKED };
	CK_RV rv = real->C_GetTokenInfo(slot, info);

	info->flags |= flags[wrong()];
	return rv;
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE type, unsigned char *pin, CK_ULONG size)
{
	CK_RV rv = wrong() < 3 ? real->C_Login(session, type, pin, size) : CKR_PIN_LOCKED;

	if (rv == CKR_OK || rv == CKR_PIN_INCORRECT)
		note(rv == CKR_OK ? 'o' : 'x');
	return rv;
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list)
{
	void *module = dlopen("/usr/lib/softhsm/libsofthsm2.so", RTLD_NOW);
	CK_RV (*get)(CK_FUNCTION_LIST **) = module ? dlsym(module, "C_GetFunctionList") : NULL;

	if (getenv("CARD_CRASHES"))
		abort();
	if (!get || get(&real) != CKR_OK)
		return CKR_GENERAL_ERROR;
	card = *real;
	card.C_GetTokenInfo = get_token_info;
	card.C_Login = login;
	*list = &card;
	return CKR_OK;
}
