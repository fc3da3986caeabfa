// Peers of peer.h with TLS: Boost.Asio's ssl::stream. They check nobody and show what they are given.
#pragma once

#include <memory>
#include <string>

#include "peer.h"
#include "support/certificates.h"

class TlsPeer : public Peer {
 public:
  /// `own`: the certificate to show, null for none; `newest`: TLS1_1_VERSION and the like, 0 for what OpenSSL has.
  static std::unique_ptr<TlsPeer> connect(std::uint16_t port, const std::string& target,
                                          const ekws::test::Certificate* own = nullptr, int newest = 0);

  /// CN of what the other side has shown; empty where it was nothing.
  virtual std::string shown() = 0;
  /// The name a client has asked for (SNI); empty where it was none.
  virtual std::string asked_for() = 0;
};

class TlsListener : public Listener {
 public:
  explicit TlsListener(const ekws::test::Certificate& own);

  std::unique_ptr<TlsPeer> accept(std::chrono::milliseconds deadline = kPeerDeadline);
  std::unique_ptr<TlsPeer> try_accept(std::chrono::milliseconds deadline);
};
