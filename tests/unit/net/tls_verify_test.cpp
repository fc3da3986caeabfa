// Which certificates are accepted, and what is said of the others.
#include <gmock/gmock.h>

#include "net/tls_kit.h"

namespace ekws::net {
namespace {

using test::authority;
using test::Certificate;
using test::issued_by;
using test::self_signed;
using test::Wish;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

Wish named(const std::string& alt_names) {
  Wish wish;
  wish.alt_names = alt_names;
  return wish;
}
Wish valid(Wish wish, int from, int to) {
  wish.days_from = from;
  wish.days_to = to;
  return wish;
}
Wish weak(Wish wish) {
  wish.rsa_bits = 1024;
  return wish;
}
Wish only_for(Wish wish, const std::string& usage) {
  wish.extended_usage = usage;
  return wish;
}

const Certificate& other_ca() {
  static const Certificate made = self_signed(authority("Other CA"));
  return made;
}
const Certificate& intermediate() {
  static const Certificate made = issued_by(test_ca(), authority("Intermediate"));
  return made;
}

struct Case {
  const char* what;
  std::function<Certificate()> certificate;
  std::string host = "localhost";
  std::string refusal = "";  ///< a regular expression; empty: accepted
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.what; }

class TlsServerCertificate : public ::testing::TestWithParam<Case> {};

TEST_P(TlsServerCertificate, IsCheckedByAClient) {
  const Case& c = GetParam();
  TlsPair pair(client_options(), c.host);
  pair.peer.weaken();
  pair.peer.use(c.certificate());
  if (c.refusal.empty()) {
    pair.open();
    return;
  }
  EXPECT_EQ(pair.shake_hands(), Io::failed);
  EXPECT_EQ(pair.stream->error().code, EKWS_E_TLS_CERTIFICATE);
  EXPECT_THAT(pair.error(), MatchesRegex("the server's certificate is refused: " + c.refusal));
  EXPECT_THAT(pair.peer.error(), HasSubstr("alert")) << "the server is told";
}

TEST_P(TlsServerCertificate, IsNotLookedAtWithInsecureSkipVerify) {
  TlsOptions options = client_options();
  options.skip_verify = true;
  TlsPair pair(options, GetParam().host);
  pair.peer.weaken();
  pair.peer.use(GetParam().certificate());
  pair.open();
  EXPECT_EQ(pair.stream->peer_subject(), "") << "it was not checked";
}

INSTANTIATE_TEST_SUITE_P(
    Table, TlsServerCertificate,
    ::testing::Values(
        Case{"Valid", [] { return good_server(); }}, Case{"IpSan", [] { return good_server(); }, "127.0.0.1"},
        Case{"Ip6San", [] { return good_server(); }, "::1"},
        Case{"NameInAnotherCase", [] { return good_server(); }, "LocalHost"},
        Case{"NameWithADotBehind", [] { return good_server(); }, "localhost."},
        Case{"Wildcard", [] { return issued_by(test_ca(), named("DNS:*.example.org")); }, "a.example.org"},
        Case{"WildcardIsOneLabel", [] { return issued_by(test_ca(), named("DNS:*.example.org")); }, "a.b.example.org",
             R"(it is for \*\.example\.org, not for a\.b\.example\.org)"},
        Case{"WildcardInALabel", [] { return issued_by(test_ca(), named("DNS:a*.example.org")); }, "ab.example.org",
             R"(it is for a\*\.example\.org, not for ab\.example\.org)"},
        Case{"WrongName",
             [] {
               return issued_by(test_ca(), named("DNS:example.com,DNS:www.example.com,IP:192.0.2.1,IP:2001:db8::1"));
             },
             "localhost", R"(it is for example\.com, www\.example\.com, 192\.0\.2\.1, 2001:db8::1, not for localhost)"},
        Case{"WrongIp", [] { return issued_by(test_ca(), named("IP:192.0.2.1")); }, "127.0.0.1",
             R"(it is for 192\.0\.2\.1, not for the IP address 127\.0\.0\.1)"},
        Case{"IpInADnsName", [] { return issued_by(test_ca(), named("DNS:127.0.0.1")); }, "127.0.0.1",
             R"(it is for 127\.0\.0\.1, not for the IP address 127\.0\.0\.1)"},
        Case{"CommonNameOnly",
             [] {
               Wish wish = named("");
               wish.name = "localhost";
               return issued_by(test_ca(), wish);
             },
             "localhost", R"(it is for no host at all \(it has no subjectAltName\), not for localhost)"},
        Case{"Expired", [] { return issued_by(test_ca(), valid(Wish{}, -20, -10)); }, "localhost",
             R"("CN=server" has expired on .* 20.. GMT)"},
        Case{"NotYetValid", [] { return issued_by(test_ca(), valid(Wish{}, 10, 20)); }, "localhost",
             R"("CN=server" is not valid before .* 20.. GMT)"},
        Case{"SelfSigned", [] { return self_signed(Wish{}); }, "localhost",
             R"(unknown CA: "CN=server" is self-signed and not among the CAs trusted)"},
        Case{"UnknownCa", [] { return issued_by(other_ca(), Wish{}); }, "localhost",
             R"(unknown CA: "CN=server" was issued by "CN=Other CA", which is not among the CAs trusted and was not )"
             "sent along"},
        Case{
            "IntermediateMissing", [] { return issued_by(intermediate(), Wish{}); }, "localhost",
            R"(unknown CA: "CN=server" was issued by "CN=Intermediate", which is not among the CAs trusted and was not )"
            "sent along"},
        Case{"CaOfTheSameName", [] { return issued_by(self_signed(authority("Test CA")), Wish{}); }, "localhost",
             R"("CN=.*": certificate signature failure)"},
        Case{"IssuedByNoCa", [] { return issued_by(good_server(), Wish{}); }, "localhost", ".*"},
        Case{"WeakKey", [] { return issued_by(test_ca(), weak(Wish{})); }, "localhost",
             R"("CN=server": EE certificate key too weak)"},
        Case{"ForClientsOnly", [] { return issued_by(test_ca(), only_for(Wish{}, "clientAuth")); }, "localhost",
             R"("CN=server": unsuitable certificate purpose)"}),
    [](const auto& given) { return std::string(given.param.what); });

TEST(TlsVerify, AnIntermediateThatIsSentAlongIsEnough) {
  TlsPair pair(client_options());
  pair.peer.use(issued_by(intermediate(), Wish{}));
  pair.peer.send_along(intermediate());
  pair.open();
}

TEST(TlsVerify, AWeakCaIsNoCa) {
  const Certificate ca = self_signed(weak(authority("Weak CA")));
  TlsOptions options = client_options();
  options.ca.text = ca.pem();
  TlsPair pair(options);
  pair.peer.use(issued_by(ca, Wish{}));
  EXPECT_EQ(pair.shake_hands(), Io::failed);
  EXPECT_THAT(pair.error(), HasSubstr(R"("CN=Weak CA": CA certificate key too weak)"));
}

// As in Go: what stands in the CA file is trusted, whatever it is.
TEST(TlsVerify, AnIntermediateOrTheCertificateItselfMayBeTheCa) {
  const Certificate of_intermediate = issued_by(intermediate(), Wish{});
  const Certificate on_its_own = self_signed(Wish{});
  const std::pair<const Certificate*, const Certificate*> trusted[] = {
      {&intermediate(), &of_intermediate}, {&of_intermediate, &of_intermediate}, {&on_its_own, &on_its_own}};
  for (const auto& [ca, certificate] : trusted) {
    TlsOptions options = client_options();
    options.ca.text = ca->pem();
    TlsPair pair(options);
    pair.peer.use(*certificate);
    pair.open();
    // Which does not mean that it is for whatever host.
    TlsPair other(options, "example.com");
    other.peer.use(*certificate);
    EXPECT_EQ(other.shake_hands(), Io::failed);
    EXPECT_THAT(other.error(), HasSubstr("not for example.com"));
  }
}

TEST(TlsVerify, EveryCertificateOfTheCaFileCounts) {
  TlsOptions options = client_options();
  options.ca.text = "one\n" + other_ca().pem() + "\ntwo\n" + test_ca().pem();
  for (const Certificate* ca : {&other_ca(), &test_ca()}) {
    TlsPair pair(options);
    pair.peer.use(issued_by(*ca, Wish{}));
    pair.open();
  }
}

// A name in a certificate is the peer's word: it must not write our log.
TEST(TlsVerify, NamesAreShownHarmlesslyAndNotWithoutEnd) {
  std::string many =
      "DNS:first.example.com,DNS:a\x01"
      "b.example.com";
  for (int i = 0; i < 500; ++i) many += ",DNS:host" + std::to_string(i) + ".example.com";
  TlsPair pair(client_options());
  pair.peer.use(issued_by(test_ca(), named(many)));
  EXPECT_EQ(pair.shake_hands(), Io::failed);
  EXPECT_THAT(pair.error(), HasSubstr("it is for first.example.com, a?b.example.com, host0.example.com"));
  EXPECT_THAT(pair.error(), HasSubstr("and 492 more, not for localhost"));
  EXPECT_EQ(pair.error().find('\x01'), std::string::npos);
}

TEST(TlsVerify, ServerNameIsAskedForAndCheckedInsteadOfTheHost) {
  TlsOptions options = client_options();
  options.server_name = "example.com";
  {
    TlsPair pair(options, "127.0.0.1");
    pair.peer.use(issued_by(test_ca(), named("DNS:example.com")));
    pair.open();
    EXPECT_STREQ(SSL_get_servername(pair.peer.ssl(), TLSEXT_NAMETYPE_host_name), "example.com");
  }
  TlsPair pair(options, "localhost");
  EXPECT_EQ(pair.shake_hands(), Io::failed) << "the certificate is for localhost";
  EXPECT_THAT(pair.error(), HasSubstr("it is for localhost, 127.0.0.1, ::1, not for example.com"));
}

// RFC 6066 section 3.
TEST(TlsVerify, SniIsANameAndNeverAnAddress) {
  const std::pair<const char*, const char*> hosts[] = {
      {"localhost", "localhost"}, {"localhost.", "localhost"}, {"127.0.0.1", nullptr}, {"::1", nullptr}};
  for (const bool skip : {false, true}) {
    TlsOptions options = client_options();
    options.skip_verify = skip;
    for (const auto& [host, sni] : hosts) {
      TlsPair pair(options, host);
      pair.open();
      EXPECT_STREQ(SSL_get_servername(pair.peer.ssl(), TLSEXT_NAMETYPE_host_name), sni) << host;
    }
  }
}

TEST(TlsVerify, ALinkLocalAddressHasItsZoneForUsAlone) {
  TlsPair pair(client_options(), "fe80::1%lo");
  pair.peer.use(issued_by(test_ca(), named("IP:fe80::1")));
  pair.open();
  EXPECT_EQ(SSL_get_servername(pair.peer.ssl(), TLSEXT_NAMETYPE_host_name), nullptr);
}

TEST(TlsVerify, AHostThatIsNoNameIsRefusedBeforeAnythingIsSent) {
  TlsPair pair(client_options());
  EXPECT_THROW(pair.context.make_stream(pair.ours.get(), std::string(300, 'x')), Failure);
}

struct ClientCase {
  const char* what;
  ClientAuth auth;
  std::function<std::shared_ptr<Certificate>()> certificate;  ///< null: gives none
  std::string subject = "";
  std::string refusal = "";  ///< empty: accepted
};

void PrintTo(const ClientCase& c, std::ostream* out) { *out << c.what; }

std::shared_ptr<Certificate> shown(Certificate certificate) {
  return std::make_shared<Certificate>(std::move(certificate));
}
std::shared_ptr<Certificate> none() { return nullptr; }

class TlsClientCertificate : public ::testing::TestWithParam<ClientCase> {
 protected:
  static void check(int version) {
    const ClientCase& c = GetParam();
    TlsOptions options = server_options();
    options.client_auth = c.auth;
    options.ca = {"clientCaFile", {}, test_ca().pem()};
    TlsPair pair(options);
    pair.peer.weaken(version);
    if (const auto certificate = c.certificate()) pair.peer.use(*certificate);
    if (c.refusal.empty()) {
      pair.open();
      EXPECT_EQ(pair.stream->peer_subject(), c.subject);
      return;
    }
    EXPECT_EQ(pair.shake_hands(), Io::failed);
    EXPECT_EQ(pair.stream->error().code, EKWS_E_TLS_CERTIFICATE);
    EXPECT_THAT(pair.error(), MatchesRegex(c.refusal));
    EXPECT_THAT(pair.peer.error(), HasSubstr("alert")) << "the client is told";
  }
};

TEST_P(TlsClientCertificate, Tls1_2) { check(TLS1_2_VERSION); }
TEST_P(TlsClientCertificate, Tls1_3) { check(TLS1_3_VERSION); }

const auto kGood = [] { return shown(good_client()); };
const auto kOfAnother = [] { return shown(issued_by(other_ca(), test::client("stranger"))); };
const auto kExpired = [] { return shown(issued_by(test_ca(), valid(test::client("old"), -20, -10))); };
const auto kWeak = [] { return shown(issued_by(test_ca(), weak(test::client("weak")))); };
const auto kServersOnly = [] { return shown(issued_by(test_ca(), only_for(Wish{}, "serverAuth"))); };
const std::string kRefused = "the client's certificate is refused: ";

INSTANTIATE_TEST_SUITE_P(
    Table, TlsClientCertificate,
    ::testing::Values(
        ClientCase{"NoneGivenNotAsked", ClientAuth::none, &none}, ClientCase{"GoodNotAsked", ClientAuth::none, kGood},
        ClientCase{"NoneGivenWanted", ClientAuth::want, &none},
        ClientCase{"GoodWanted", ClientAuth::want, kGood, "CN=device 7"},
        ClientCase{"StrangerWanted", ClientAuth::want, kOfAnother, "", kRefused + "unknown CA: \"CN=stranger\" .*"},
        ClientCase{"NoneGivenNeeded", ClientAuth::need, &none, "", "the client gave no certificate"},
        ClientCase{"GoodNeeded", ClientAuth::need, kGood, "CN=device 7"},
        ClientCase{"StrangerNeeded", ClientAuth::need, kOfAnother, "",
                   kRefused + R"(unknown CA: "CN=stranger" was issued by "CN=Other CA", .*)"},
        ClientCase{"ExpiredNeeded", ClientAuth::need, kExpired, "", kRefused + "\"CN=old\" has expired on .*"},
        ClientCase{"WeakNeeded", ClientAuth::need, kWeak, "", kRefused + "\"CN=weak\": EE certificate key too weak"},
        ClientCase{"OfAServerNeeded", ClientAuth::need, kServersOnly, "",
                   kRefused + "\"CN=server\": unsuitable certificate purpose"}),
    [](const auto& given) { return std::string(given.param.what); });

TEST(TlsVerify, AServerNamesTheCasItTrusts) {
  TlsOptions options = server_options();
  options.client_auth = ClientAuth::want;
  options.ca = {"clientCaFile", {}, test_ca().pem()};
  TlsPair pair(options);
  pair.open();
  const auto* names = SSL_get0_peer_CA_list(pair.peer.ssl());
  ASSERT_EQ(sk_X509_NAME_num(names), 1);
  EXPECT_EQ(X509_NAME_cmp(sk_X509_NAME_value(names, 0), X509_get_subject_name(test_ca().x509())), 0);
}

}  // namespace
}  // namespace ekws::net
