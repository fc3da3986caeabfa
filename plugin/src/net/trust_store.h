// The certificates that the machine trusts.
#pragma once

struct ssl_ctx_st;

namespace ekws::net {

/// Loads them where Go's crypto/x509 looks (it is what the host's other clients use): in SSL_CERT_FILE, else the first
/// bundle of the known distributions, and in the folders of SSL_CERT_DIR, else theirs. OpenSSL's own compiled-in folder
/// is that of the machine we were built on. False if there are none.
bool load_system_trust(ssl_ctx_st* context);

}  // namespace ekws::net
