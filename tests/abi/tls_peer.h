// Peers of peer.h with TLS: Boost.Asio's ssl::stream. They check nobody and show what they are given.
#pragma once

#include <boost/asio/ssl.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <memory>
#include <string>

#include "peer.h"
#include "support/certificates.h"

namespace ssl = boost::asio::ssl;

class TlsPeer : public BasicPeer<ssl::stream<tcp::socket>> {
 public:
  explicit TlsPeer(std::shared_ptr<ssl::context> context) : BasicPeer(*context), context_(std::move(context)) {}

  static std::unique_ptr<TlsPeer> connect(std::uint16_t port, const std::string& target,
                                          const ekws::test::Certificate* own = nullptr) {
    auto peer = std::make_unique<TlsPeer>(make_context(own));
    peer->open(port, target);
    return peer;
  }
  static std::shared_ptr<ssl::context> make_context(const ekws::test::Certificate* own) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls);
    SSL_CTX_set_security_level(context->native_handle(), 0);
    if (own != nullptr) {
      EXPECT_EQ(SSL_CTX_use_certificate(context->native_handle(), own->x509()), 1);
      EXPECT_EQ(SSL_CTX_use_PrivateKey(context->native_handle(), own->pkey()), 1);
    }
    return context;
  }

  /// CN of what the other side has shown.
  std::string shown() {
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        SSL_get1_peer_certificate(stream_.next_layer().native_handle()), &X509_free);
    char name[256] = {};
    if (certificate) X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name, 256);
    return name;
  }
  std::string asked_for() {
    const char* name = SSL_get_servername(stream_.next_layer().native_handle(), TLSEXT_NAMETYPE_host_name);
    return name != nullptr ? name : "";
  }

  bool secure(bool server) override {
    return run([&](auto done) {
      stream_.next_layer().async_handshake(server ? ssl::stream_base::server : ssl::stream_base::client,
                                           [done](auto ec) { done(ec); });
    });
  }

 private:
  const std::shared_ptr<ssl::context> context_;
};

class TlsListener : public BasicListener<TlsPeer> {
 public:
  explicit TlsListener(const ekws::test::Certificate& own)
      : BasicListener(0, [&own] { return std::make_unique<TlsPeer>(TlsPeer::make_context(&own)); }) {}
};
