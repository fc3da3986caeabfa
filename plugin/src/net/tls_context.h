// Certificates, keys and rules of TLS, out of which streams are made.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/tls_options.h"
#include "net/stream.h"

struct ssl_ctx_st;

namespace ekws::net {

/// Holds an SSL_CTX, made anew when a file it came from has changed; streams that are there keep theirs. One thread at
/// a time.
class TlsContext {
 public:
  /// Reads every file (blocks as long as that takes); throws Failure (EKWS_E_CONFIG_VALUE) naming the property, the
  /// file and what is wrong with it.
  explicit TlsContext(TlsOptions options);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// Reads the files again if one of them has changed. Empty, or why what was read before stays in use: told once a
  /// cause. The machine's own CA store is not looked after.
  Error refresh();

  /// For a connected, non-blocking descriptor. `host` is what a client has dialled: it asks for it (SNI, RFC 6066
  /// section 3) and the certificate has to be for it (RFC 9525), unless the options name another. Throws Failure or
  /// std::bad_alloc.
  std::unique_ptr<Stream> make_stream(int fd, const std::string& host);

 private:
  /// A change of a file shows in at least one of these, whoever sets its times back.
  struct Stamp {
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    bool operator==(const Stamp& other) const {
      return seconds == other.seconds && nanoseconds == other.nanoseconds && inode == other.inode && size == other.size;
    }
  };
  using Stamps = std::vector<Stamp>;
  Stamps stamps() const;

  const TlsOptions options_;
  Stamps seen_;       ///< of the files that are in use, before they were read
  std::string told_;  ///< why they are not those that are there now; empty: they are
  std::shared_ptr<ssl_ctx_st> context_;
};

}  // namespace ekws::net
