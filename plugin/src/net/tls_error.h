// What OpenSSL reports, as text.
#pragma once

#include <openssl/types.h>

#include <string>

namespace ekws::net {

/// Once, before anything else of OpenSSL: no openssl.cnf of the machine (it is not ours), no exit handlers (the host
/// may be using us until the end). Any thread.
void tls_initialise();

/// The oldest reason in this thread's error queue, of TLS if there is one; the queue is empty afterwards. An alert of
/// the peer's (RFC 8446 section 6) is told as such.
std::string tls_reason();

/// Why a certificate in a chain was refused, with what a reader needs to find the mistake.
std::string verify_failure(X509_STORE_CTX* store);

/// What a certificate is for, for texts: "example.com, 192.0.2.1".
std::string names_of(const X509* certificate);

/// "CN=device 7,O=Acme" (RFC 2253).
std::string subject_of(const X509* certificate);

}  // namespace ekws::net
