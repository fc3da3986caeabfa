#include "core/build_info.h"

#include <openssl/opensslv.h>

namespace ekws::core {

const char* build_info() { return "ekws " EKWS_VERSION ", websocketpp 0.8.2, " OPENSSL_VERSION_TEXT; }

}  // namespace ekws::core
