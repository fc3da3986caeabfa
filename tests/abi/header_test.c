#include "ekws/ekws.h"

int ekws_header_test(void) { return ekws_abi_version() == EKWS_ABI_VERSION ? 0 : 1; }
