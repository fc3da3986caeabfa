// What TLS is set up with: certificates, keys, what is accepted of the peer.
#pragma once

#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "net/stream.h"

struct ssl_ctx_st;

namespace ekws::net {

/// A PEM text or the file that holds one; neither: not given.
struct Pem {
  std::string path;
  std::string text;
  bool given() const { return !path.empty() || !text.empty(); }
};

enum class TlsVersion { tls1_0, tls1_1, tls1_2, tls1_3 };
enum class ClientAuth { none, want, need };

struct TlsOptions {
  bool server = false;
  Pem certificate;  ///< with its chain
  Pem key;
  std::string key_password;
  Pem ca;                                     ///< whom we trust; a client without it trusts what the system trusts
  bool skip_verify = false;                   ///< client
  ClientAuth client_auth = ClientAuth::none;  ///< server
  TlsVersion min_version = TlsVersion::tls1_2;
  std::string ciphers;  ///< OpenSSL's list for TLS up to 1.2; empty: OpenSSL's default
  bool renegotiation = false;
};

/// Holds an SSL_CTX, made anew when a file it came from has changed; connections that are there keep theirs. io thread.
class TlsContext {
 public:
  /// Reads everything; throws Failure (EKWS_E_TLS_CERTIFICATE) saying which file or text is wrong and how.
  explicit TlsContext(TlsOptions options);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// Reads changed files again. Empty, or why what was read before is used on; each cause is told once.
  Error refresh();

  /// For a connected, non-blocking descriptor. `server_name` is what a client asks for (SNI, RFC 6066 section 3) and
  /// what the certificate has to be for: a host name or an IP literal. Throws Failure or std::bad_alloc.
  std::unique_ptr<Stream> make_stream(int fd, const std::string& server_name);

 private:
  struct Stamp {
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
    std::uint64_t inode = 0;
    bool operator==(const Stamp& other) const {
      return seconds == other.seconds && nanoseconds == other.nanoseconds && inode == other.inode;
    }
  };
  using Stamps = std::vector<Stamp>;
  Stamps stamps() const;

  const TlsOptions options_;
  Stamps loaded_;
  std::string told_;
  std::shared_ptr<ssl_ctx_st> context_;
};

}  // namespace ekws::net
