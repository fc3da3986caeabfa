// A stream with TLS. Made by TlsContext.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>

#include "base/tls_options.h"
#include "net/stream.h"

namespace ekws::net {

/// Keeps `context` for as long as it lives. `name`: see TlsContext::make_stream. OpenSSL writes as write(2) does: see
/// ekws.h on SIGPIPE.
std::unique_ptr<Stream> make_tls_stream(std::shared_ptr<SSL_CTX> context, int fd, const TlsOptions& options,
                                        const std::string& name);

/// SSL_verify_cb of the context: leaves the decision as it is, and the reason with the stream.
int note_verify_failure(int ok, X509_STORE_CTX* store);

}  // namespace ekws::net
