// What TLS is set up with, as the configuration says it.
#pragma once

#include <string>

namespace ekws {

/// A PEM text (RFC 7468), or the file that holds one; neither: not given.
struct Pem {
  std::string property = {};  ///< what its user knows it by, for texts
  std::string path = {};      ///< absolute
  std::string text = {};
  bool given() const { return !path.empty() || !text.empty(); }
};

enum class TlsVersion { tls1_0, tls1_1, tls1_2, tls1_3 };
/// Whether a server asks its clients for a certificate, and whether they have to give one.
enum class ClientAuth { none, want, need };
/// Whether a client lets its server renegotiate (TLS 1.2 and before).
enum class Renegotiation { never, once, freely };

struct TlsOptions {
  bool server = false;
  Pem certificate;  ///< with its chain behind it
  Pem key;
  std::string key_password;
  std::string key_password_file;              ///< absolute; its first line is the password
  Pem ca;                                     ///< whom we trust; a client without it trusts what the machine trusts
  std::string server_name;                    ///< client: SNI and the name to check, where it is not the host dialled
  bool skip_verify = false;                   ///< client
  ClientAuth client_auth = ClientAuth::none;  ///< server
  TlsVersion min_version = TlsVersion::tls1_2;
  std::string ciphers;                                 ///< OpenSSL's list for TLS up to 1.2; empty: OpenSSL's default
  Renegotiation renegotiation = Renegotiation::never;  ///< client
};

}  // namespace ekws
