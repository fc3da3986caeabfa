#include "net/tls_error.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace ekws::net {

std::string tls_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return {};
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "error " + std::to_string(code);
}

std::string tls_text(const std::string& what) {
  const std::string reason = tls_reason();
  return reason.empty() ? what : what + ": " + reason;
}

void tls_initialise() {
  static const int done = OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, nullptr);
  (void)done;
}

}  // namespace ekws::net
