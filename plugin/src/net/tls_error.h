// OpenSSL's error queue as text.
#pragma once

#include <string>

namespace ekws::net {

/// The oldest reason in this thread's queue, which is empty afterwards; "" if there was none.
std::string tls_reason();

/// What tls_reason says, behind `what`: "what: reason".
std::string tls_text(const std::string& what);

/// Once, before anything else of OpenSSL: no openssl.cnf of the machine (it is not ours), no exit handlers (the host
/// may be using us until the end).
void tls_initialise();

}  // namespace ekws::net
