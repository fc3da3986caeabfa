#include "tls_peer.h"

#include <boost/asio/ssl.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include "peer_over.h"

namespace ssl = boost::asio::ssl;

namespace {

using ekws::test::Certificate;

ssl::context make_context(const Certificate* own, int newest) {
  ssl::context context(ssl::context::tls);
  SSL_CTX* native = context.native_handle();
  SSL_CTX_set_security_level(native, 0);
  if (newest != 0) {
    SSL_CTX_set_min_proto_version(native, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(native, newest);
  }
  if (own != nullptr) {
    EXPECT_EQ(SSL_CTX_use_certificate(native, own->x509()), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey(native, own->pkey()), 1);
  }
  return context;
}

class MadePeer : public PeerOver<TlsPeer, ssl::stream<tcp::socket>> {
 public:
  /// OpenSSL keeps what it needs of the context.
  explicit MadePeer(ssl::context context) : PeerOver(context) {}

  using PeerOver::open;

  std::string shown() override {
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get1_peer_certificate(lower().native_handle()),
                                                                  &X509_free);
    char name[256] = {};
    if (certificate) X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name, 256);
    return name;
  }

  std::string asked_for() override {
    const char* name = SSL_get_servername(lower().native_handle(), TLSEXT_NAMETYPE_host_name);
    return name != nullptr ? name : "";
  }

 private:
  bool secure(bool server) override {
    return run([&](auto done) {
      lower().async_handshake(server ? ssl::stream_base::server : ssl::stream_base::client,
                              [done](auto ec) { done(ec); });
    });
  }
};

std::unique_ptr<TlsPeer> as_tls(std::unique_ptr<Peer> peer) {
  return std::unique_ptr<TlsPeer>(static_cast<TlsPeer*>(peer.release()));
}

}  // namespace

std::unique_ptr<TlsPeer> TlsPeer::connect(std::uint16_t port, const std::string& target, const Certificate* own,
                                          int newest) {
  auto peer = std::make_unique<MadePeer>(make_context(own, newest));
  peer->open(port, target, kPeerDeadline, {});
  return peer;
}

TlsListener::TlsListener(const Certificate& own)
    : Listener(0, [&own] { return std::make_unique<MadePeer>(make_context(&own, 0)); }) {}

std::unique_ptr<TlsPeer> TlsListener::accept(std::chrono::milliseconds deadline) {
  return as_tls(Listener::accept(deadline));
}

std::unique_ptr<TlsPeer> TlsListener::try_accept(std::chrono::milliseconds deadline) {
  return as_tls(Listener::try_accept(deadline));
}
