// Versions, ALPN, renegotiation, and peers that speak something else.
#include <gmock/gmock.h>

#include "net/tls_kit.h"

namespace ekws::net {
namespace {

using test::issued_by;
using test::Wish;
using ::testing::AnyOf;
using ::testing::HasSubstr;

TEST(TlsHandshake, OneByteAtATime) {
  in_both_tls_roles([](bool server) {
    TlsPair pair(options_of(server));
    auto [near, far] = socket_pair();
    pair.peer.start(far.get());
    pair.stream = pair.context.make_stream(pair.ours.get(), "localhost");
    const auto move = [](int from, int to) {
      char byte = 0;
      if (::recv(from, &byte, 1, 0) == 1) {
        ASSERT_EQ(::send(to, &byte, 1, 0), 1);
      }
    };
    Io io = Io::want_read;
    bool peer_done = false;
    for (int i = 0; i < 20'000 && (io != Io::done || !peer_done); ++i) {
      move(near.get(), pair.theirs.get());
      move(pair.theirs.get(), near.get());
      if (io != Io::done) io = pair.stream->handshake().io;
      peer_done = pair.peer.shake_hands();
    }
    EXPECT_EQ(io, Io::done) << pair.error();
    EXPECT_TRUE(peer_done);
    EXPECT_EQ(pair.peer.error(), "");
    ASSERT_TRUE(pair.peer.write("hello"));
    std::string got;
    for (int i = 0; i < 1'000 && got.size() < 5; ++i) {
      move(near.get(), pair.theirs.get());
      got += pair.read();
      ASSERT_EQ(pair.last.io, Io::want_read);
    }
    EXPECT_EQ(got, "hello");
  });
}

TEST(TlsHandshake, EachVersionFromTheMinimumOn) {
  struct {
    TlsVersion minimum;
    int wire;
  } const versions[] = {{TlsVersion::tls1_0, TLS1_VERSION},
                        {TlsVersion::tls1_1, TLS1_1_VERSION},
                        {TlsVersion::tls1_2, TLS1_2_VERSION},
                        {TlsVersion::tls1_3, TLS1_3_VERSION}};
  in_both_tls_roles([&](bool server) {
    for (const auto& minimum : versions) {
      for (const auto& spoken : versions) {
        SCOPED_TRACE(std::to_string(minimum.wire) + " " + std::to_string(spoken.wire));
        TlsOptions options = options_of(server);
        options.min_version = minimum.minimum;
        TlsPair pair(options);
        pair.peer.weaken(spoken.wire);
        if (spoken.wire >= minimum.wire) {
          pair.open();
          EXPECT_EQ(SSL_version(pair.peer.ssl()), spoken.wire);
          continue;
        }
        EXPECT_EQ(pair.shake_hands(), Io::failed);
        EXPECT_EQ(pair.stream->error().code, EKWS_E_TLS);
        EXPECT_THAT(pair.error(), AnyOf(HasSubstr("unsupported protocol"), HasSubstr("protocol version")));
        EXPECT_THAT(pair.peer.error(), AnyOf(HasSubstr("protocol version"), HasSubstr("unsupported protocol")));
      }
    }
  });
}

// Versions before 1.2 need OpenSSL's level 0; what we demand of certificates does not go with it.
TEST(TlsHandshake, AnOldVersionIsNoLeaveForWeakKeys) {
  for (const char* ciphers : {"", "DEFAULT@SECLEVEL=0"}) {
    TlsOptions options = client_options();
    options.min_version = *ciphers == '\0' ? TlsVersion::tls1_0 : TlsVersion::tls1_2;
    options.ciphers = ciphers;
    Wish weak;
    weak.rsa_bits = 1024;
    TlsPair pair(options);
    pair.peer.weaken();
    pair.peer.use(issued_by(test_ca(), weak));
    EXPECT_EQ(pair.shake_hands(), Io::failed);
    EXPECT_THAT(pair.error(), HasSubstr("key too weak"));

    TlsOptions ours = server_options();
    ours.min_version = options.min_version;
    ours.ciphers = ciphers;
    ours.client_auth = ClientAuth::want;
    ours.ca = {"clientCaFile", {}, test_ca().pem()};
    TlsPair server(ours);
    server.peer.weaken();
    server.peer.use(issued_by(test_ca(), weak));
    EXPECT_EQ(server.shake_hands(), Io::failed);
    EXPECT_THAT(server.error(), HasSubstr("key too weak"));
  }
}

// Such a server could be anybody: there is no certificate to check.
TEST(TlsHandshake, AServerHasToHaveACertificateWhateverTheCiphersAre) {
  TlsOptions options = client_options();
  options.min_version = TlsVersion::tls1_0;
  options.ciphers = "ALL:COMPLEMENTOFALL";
  TlsPair pair(options);
  pair.peer.weaken(TLS1_2_VERSION);
  ASSERT_EQ(SSL_CTX_set_cipher_list(pair.peer.context(), "aNULL"), 1);
  ASSERT_EQ(SSL_CTX_set_dh_auto(pair.peer.context(), 1), 1);
  EXPECT_EQ(pair.shake_hands(), Io::failed);
  TlsPair clear(options);
  clear.peer.weaken(TLS1_2_VERSION);
  ASSERT_EQ(SSL_CTX_set_cipher_list(clear.peer.context(), "eNULL"), 1);
  EXPECT_EQ(clear.shake_hands(), Io::failed) << "nor may it be plain text in the end";
}

TEST(TlsHandshake, CiphersAreKept) {
  in_both_tls_roles([](bool server) {
    TlsOptions options = options_of(server);
    options.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384";
    TlsPair pair(options);
    pair.peer.weaken(TLS1_2_VERSION);
    pair.open();
    EXPECT_STREQ(SSL_get_cipher(pair.peer.ssl()), "ECDHE-ECDSA-AES256-GCM-SHA384");
    TlsPair other(options);
    other.peer.weaken(TLS1_2_VERSION);
    ASSERT_EQ(SSL_CTX_set_cipher_list(other.peer.context(), "ECDHE-ECDSA-AES128-GCM-SHA256"), 1);
    EXPECT_EQ(other.shake_hands(), Io::failed);
    EXPECT_THAT(other.error(), AnyOf(HasSubstr("no shared cipher"), HasSubstr("handshake failure")));
  });
}

TEST(TlsHandshake, AlpnIsHttp1_1) {
  static const unsigned char kOffer[] = {2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  const auto chosen = [](SSL* ssl) {
    const unsigned char* name = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(ssl, &name, &size);
    return std::string(reinterpret_cast<const char*>(name), size);
  };
  {
    TlsPair pair(server_options());
    SSL_CTX_set_alpn_protos(pair.peer.context(), kOffer, sizeof kOffer);
    pair.open();
    EXPECT_EQ(chosen(pair.peer.ssl()), "http/1.1");
  }
  {
    TlsPair pair(server_options());
    SSL_CTX_set_alpn_protos(pair.peer.context(), kOffer, 3);
    pair.open();
    EXPECT_EQ(chosen(pair.peer.ssl()), "") << "h2 alone: nothing is chosen, and the peer may try";
  }
  {
    TlsPair pair(client_options());
    SSL_CTX_set_alpn_select_cb(
        pair.peer.context(),
        [](SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned int in_size,
           void*) {
          return SSL_select_next_proto(const_cast<unsigned char**>(out), out_size, kOffer, sizeof kOffer, in,
                                       in_size) == OPENSSL_NPN_NEGOTIATED
                     ? SSL_TLSEXT_ERR_OK
                     : SSL_TLSEXT_ERR_ALERT_FATAL;
        },
        nullptr);
    pair.open();
    EXPECT_EQ(chosen(pair.peer.ssl()), "http/1.1");
  }
}

TEST(TlsHandshake, NothingIsResumed) {
  in_both_tls_roles([](bool server) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      TlsPair pair(options_of(server));
      pair.peer.weaken(version);
      pair.open();
      pair.peer.read();
      EXPECT_EQ(SSL_SESSION_has_ticket(SSL_get0_session(pair.peer.ssl())), 0);
    }
  });
}

/// A peer that speaks no TLS sends this before and whatever we do.
std::string refusal_of(bool server, const std::string& bytes) {
  TlsPair pair(options_of(server));
  pair.stream = pair.context.make_stream(pair.ours.get(), "localhost");
  EXPECT_EQ(pair.stream->handshake().io, Io::want_read);
  EXPECT_EQ(::send(pair.theirs.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  EXPECT_EQ(pair.stream->handshake().io, Io::failed);
  EXPECT_EQ(pair.stream->error().code, EKWS_E_TLS);
  return pair.error();
}

TEST(TlsHandshake, APeerThatSpeaksSomethingElse) {
  EXPECT_EQ(refusal_of(true, "GET /chat HTTP/1.1\r\nHost: x\r\n\r\n"), "the peer does not speak TLS");
  EXPECT_EQ(refusal_of(true, "PUT / HTTP/1.1\r\n\r\n"), "the peer does not speak TLS");
  EXPECT_EQ(refusal_of(false, "HTTP/1.1 400 Bad Request\r\n\r\n"), "the peer does not speak TLS");
  EXPECT_EQ(refusal_of(false, "SSH-2.0-OpenSSH_9.2\r\n"), "the peer does not speak TLS");
  in_both_tls_roles([](bool server) {
    EXPECT_EQ(refusal_of(server, std::string(100, '\0')), "the peer does not speak TLS");
    EXPECT_EQ(refusal_of(server, std::string(100, '\x16')), "the peer does not speak TLS");
    EXPECT_THAT(refusal_of(server, std::string("\x16\x03\x01\x00\x04\x63\x00\x00\x00", 9)),
                HasSubstr("the TLS handshake failed: "));
  });
}

TEST(TlsHandshake, APeerThatLeaves) {
  in_both_tls_roles([](bool server) {
    TlsPair pair(options_of(server));
    pair.stream = pair.context.make_stream(pair.ours.get(), "localhost");
    EXPECT_EQ(pair.stream->handshake().io, Io::want_read);
    ASSERT_EQ(::shutdown(pair.theirs.get(), SHUT_WR), 0);
    EXPECT_EQ(pair.stream->handshake().io, Io::end);
  });
}

TEST(TlsHandshake, AnAlertIsToldInItsWords) {
  {
    TlsPair pair(client_options());
    pair.stream = pair.context.make_stream(pair.ours.get(), "localhost");
    pair.stream->handshake();
    const std::string alert("\x15\x03\x03\x00\x02\x02\x47", 7);  // fatal, insufficient_security
    ASSERT_EQ(::send(pair.theirs.get(), alert.data(), alert.size(), 0), 7);
    EXPECT_EQ(pair.stream->handshake().io, Io::failed);
    EXPECT_EQ(pair.error(), "the TLS handshake failed: the peer refused with the alert \"insufficient security\"");
  }
  TlsPair pair(server_options());
  SSL_CTX_set_verify(pair.peer.context(), SSL_VERIFY_PEER, nullptr);
  EXPECT_EQ(pair.shake_hands(), Io::failed);
  EXPECT_EQ(pair.error(), "the TLS handshake failed: the peer refused with the alert \"unknown CA\"");
}

// TLS 1.3: we are done before the server has looked at our certificate.
TEST(TlsHandshake, AClientIsToldWhyItsCertificateWasRefused) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const bool gives_one : {false, true}) {
      TlsOptions options = client_options();
      if (gives_one) {
        const auto own = test::self_signed(test::client("stranger"));
        options.certificate = {"certificationRaw", {}, own.pem()};
        options.key = {"privateKeyRaw", {}, own.key_pem()};
      }
      TlsPair pair(options);
      pair.peer.weaken(version);
      SSL_CTX_set_verify(pair.peer.context(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
      const Io io = pair.shake_hands();
      if (version == TLS1_3_VERSION) {
        ASSERT_EQ(io, Io::done);
        pair.read();
        EXPECT_EQ(pair.last.io, Io::failed);
      } else {
        EXPECT_EQ(io, Io::failed);
      }
      EXPECT_EQ(pair.stream->error().code, EKWS_E_TLS);
      EXPECT_THAT(pair.error(), HasSubstr("the peer refused with the alert"));
      EXPECT_THAT(pair.error(), HasSubstr(gives_one                   ? "unknown CA"
                                          : version == TLS1_3_VERSION ? "certificate required"
                                                                      : "handshake"));
    }
  }
}

TEST(TlsHandshake, AClientShowsItsCertificateWithItsChain) {
  const auto intermediate = issued_by(test_ca(), test::authority("Intermediate"));
  const auto own = issued_by(intermediate, test::client("device 9"));
  TlsOptions options = client_options();
  options.certificate = {"certificationRaw", {}, own.pem() + intermediate.pem()};
  options.key = {"privateKeyRaw", {}, own.key_pem()};
  TlsPair pair(options);
  SSL_CTX_set_verify(pair.peer.context(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  ASSERT_EQ(X509_STORE_add_cert(SSL_CTX_get_cert_store(pair.peer.context()), test_ca().x509()), 1);
  pair.open();
  EXPECT_EQ(subject_of(SSL_get0_peer_certificate(pair.peer.ssl())), "CN=device 9");
}

/// How often a server can renegotiate with our client (TLS 1.2) before it is refused; three is often enough.
int renegotiations(Renegotiation allowed) {
  TlsOptions options = client_options();
  options.renegotiation = allowed;
  TlsPair pair(options);
  pair.peer.weaken(TLS1_2_VERSION);
  pair.open();
  for (int done = 0; done < 3; ++done) {
    EXPECT_EQ(SSL_renegotiate(pair.peer.ssl()), 1);
    EXPECT_EQ(SSL_do_handshake(pair.peer.ssl()), 1) << "says HelloRequest";
    EXPECT_TRUE(pair.peer.error().empty());
    for (int turn = 0; turn < 20 && pair.peer.error().empty(); ++turn) {
      EXPECT_EQ(pair.read(), "");
      EXPECT_NE(pair.last.io, Io::failed) << pair.error();
      EXPECT_EQ(pair.peer.read(), "");
    }
    if (!pair.peer.error().empty()) {
      EXPECT_THAT(pair.peer.error(), HasSubstr("no renegotiation"));
      return done;
    }
    EXPECT_FALSE(SSL_renegotiate_pending(pair.peer.ssl()));
    EXPECT_TRUE(pair.peer.write("after"));
    EXPECT_EQ(pair.read(), "after");
    EXPECT_EQ(pair.stream->write("back", 4).io, Io::done);
    EXPECT_EQ(pair.peer.read(), "back");
  }
  return 3;
}

TEST(TlsHandshake, AClientRenegotiatesAsOftenAsItIsTold) {
  EXPECT_EQ(renegotiations(Renegotiation::never), 0);
  EXPECT_EQ(renegotiations(Renegotiation::once), 1);
  EXPECT_EQ(renegotiations(Renegotiation::freely), 3);
}

TEST(TlsHandshake, AServerNeverRenegotiates) {
  TlsPair pair(server_options());
  pair.peer.weaken(TLS1_2_VERSION);
  pair.open();
  EXPECT_EQ(SSL_renegotiate(pair.peer.ssl()), 1);
  pair.peer.shake_hands();
  SSL_do_handshake(pair.peer.ssl());
  pair.read();
  pair.peer.read();
  EXPECT_THAT(pair.peer.error(), HasSubstr("no renegotiation"));
}

}  // namespace
}  // namespace ekws::net
