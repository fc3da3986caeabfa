// What is read from PEM texts and files into an SSL_CTX: our certificate and key, and whom we trust.
#pragma once

#include "base/tls_options.h"

struct ssl_ctx_st;

namespace ekws::net {

// Both block while they read, and throw Failure (EKWS_E_CONFIG_VALUE) naming property, file and what is wrong.

/// The certificate with its chain, and the key that belongs to it.
void use_own_certificate(ssl_ctx_st* context, const TlsOptions& options);

/// The certificates of options.ca, or what the machine trusts where a client has none.
void use_trust(ssl_ctx_st* context, const TlsOptions& options);

}  // namespace ekws::net
