// A stream with TLS. Made by TlsContext.
#pragma once

#include <memory>
#include <string>

#include "net/stream.h"

struct ssl_ctx_st;

namespace ekws::net {

/// Keeps `context` for as long as it lives. See TlsContext::make_stream.
std::unique_ptr<Stream> make_tls_stream(std::shared_ptr<ssl_ctx_st> context, int fd, bool server, bool skip_verify,
                                        const std::string& server_name);

}  // namespace ekws::net
