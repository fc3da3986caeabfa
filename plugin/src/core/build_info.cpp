#include "core/build_info.h"

#include <openssl/opensslv.h>
#include <zlib.h>

namespace ekws::core {

const char* build_info() {
  return "ekws " EKWS_VERSION ", websocketpp 0.8.2, " OPENSSL_VERSION_TEXT ", zlib " ZLIB_VERSION;
}

}  // namespace ekws::core
