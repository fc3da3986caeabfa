// The TLS properties of both roles. What the files hold is tested where they are used (net/tls_credentials_test).
#include "config/tls.h"

#include <gmock/gmock.h>
#include <openssl/evp.h>

#include "config/base64.h"
#include "support.h"
#include "support/certificates.h"

namespace ekws::config {
namespace {

using test::parse_text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kPemText = "-----BEGIN X-----\nAAAA\n-----END X-----\n";

std::string base64(const std::string& bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

/// `"name":"value"`, the value escaped.
std::string text(const std::string& name, const std::string& value) {
  return test::quoted(name) + ":" + test::quoted(value);
}

std::string document(const std::string& props, const std::string& more = "") {
  return test::document(R"({"datasource":"/a")" + (props.empty() ? "" : "," + props) + "}",
                        R"("root":"/kuiper")" + (more.empty() ? "" : "," + more));
}
Config client(const std::string& props, const std::string& more = "") {
  return parse_text(document(R"("addr":"h")" + (props.empty() ? "" : "," + props), more));
}
Config server(const std::string& props, const std::string& more = "") { return parse_text(document(props, more)); }
std::string client_error(const std::string& props, const std::string& more = "") {
  return test::error_of([&] { client(props, more); }).text;
}
std::string server_error(const std::string& props, const std::string& more = "") {
  return test::error_of([&] { server(props, more); }).text;
}

const std::string kCertificate = R"("httpServerTls":{"certfile":"/c.crt","keyfile":"/c.key"})";

// RFC 4648 section 10.
TEST(ConfigBase64, IsDecodedAndNothingElseIs) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"Zg==", "f"},
                                                         {"Zm8=", "fo"},
                                                         {"Zm9v", "foo"},
                                                         {"Zm9vYg==", "foob"},
                                                         {"+/+/", "\xfb\xff\xbf"},
                                                         {"Zm9v\r\nYmE=\n", "fooba"}};
  for (const auto& [text, bytes] : vectors) EXPECT_EQ(decode_base64(text), bytes) << text;
  for (const char* text : {"Zg", "Zg=", "Z===", "====", "=", "Zg==Zg==", "Z=g=", "Zm9v----", "Zm 9v", "    Zm9v",
                           "Zm9v    ", "Zm9-", "Zm9v\xff\xff\xff\xff"}) {
    EXPECT_EQ(decode_base64(text), std::nullopt) << text;
  }
}

// ---- whether it is TLS

TEST(ConfigTlsScheme, ACertificateAKeyACaOrSkippingMeansTls) {
  for (const std::string& props :
       {std::string(R"("certificationPath":"/c","privateKeyPath":"/k")"), std::string(R"("rootCaPath":"/ca")"),
        text("rootCARaw", base64(kPemText)),
        text("certificationRaw", base64(kPemText)) + "," + text("privateKeyRaw", base64(kPemText)),
        std::string(R"("insecureSkipVerify":true)"), std::string(R"("insecureSkipVerify":"TRUE")"),
        std::string(R"("scheme":"wss")"), std::string(R"("addr":"wss://h","scheme":"")")}) {
    SCOPED_TRACE(props);
    const Config config = props.find("addr") == std::string::npos ? client(props) : parse_text(document(props));
    ASSERT_TRUE(config.dial.tls);
    EXPECT_FALSE(config.dial.tls->server);
    EXPECT_EQ(config.dial.port, 443);
    EXPECT_THAT(config.warnings, IsEmpty());
  }
}

TEST(ConfigTlsScheme, NothingOfThatIsPlain) {
  for (const char* props :
       {"", R"("insecureSkipVerify":false)", R"("certificationPath":"","rootCaPath":null)", R"("scheme":"ws")"}) {
    const Config config = client(props);
    EXPECT_FALSE(config.dial.tls) << props;
    EXPECT_EQ(config.dial.port, 80);
    EXPECT_THAT(config.warnings, IsEmpty());
  }
}

TEST(ConfigTlsScheme, AnExplicitWsStaysPlainAndWarns) {
  for (const std::string& scheme : {std::string(R"("scheme":"ws")"), std::string(R"("addr":"ws://h")")}) {
    const std::string props =
        scheme + R"(,"certificationPath":"/c","insecureSkipVerify":true,"tlsMinVersion":"tls1.3")";
    const Config config = scheme.find("addr") == std::string::npos ? client(props) : parse_text(document(props));
    EXPECT_FALSE(config.dial.tls);
    EXPECT_THAT(config.warnings, ElementsAre("certificationPath is ignored: the scheme is ws",
                                             "tlsMinVersion is ignored: the scheme is ws",
                                             "insecureSkipVerify is ignored: the scheme is ws"));
  }
}

TEST(ConfigTlsScheme, WhatNeedsTlsIsWarnedOfWithoutIt) {
  const std::string why = " is ignored: the connection is plain; scheme wss makes it TLS";
  const Config config = client(
      R"("serverName":"n","tlsMinVersion":"tls1.3","renegotiationSupport":"once","ciphers":"X","privateKeyPassword":"p",)"
      R"("privateKeyPasswordFile":"/p")");
  EXPECT_FALSE(config.dial.tls);
  EXPECT_THAT(config.warnings,
              ElementsAre("serverName" + why, "tlsMinVersion" + why, "renegotiationSupport" + why, "ciphers" + why,
                          "privateKeyPassword" + why, "privateKeyPasswordFile" + why));
}

// ---- certificates and keys

TEST(ConfigTlsClient, DefaultsAreSafe) {
  const TlsOptions tls = *client(R"("scheme":"wss")").dial.tls;
  EXPECT_FALSE(tls.skip_verify);
  EXPECT_EQ(tls.min_version, TlsVersion::tls1_2);
  EXPECT_EQ(tls.renegotiation, Renegotiation::never);
  EXPECT_FALSE(tls.certificate.given() || tls.key.given() || tls.ca.given());
  EXPECT_EQ(tls.server_name + tls.ciphers + tls.key_password + tls.key_password_file, "");
}

TEST(ConfigTlsClient, EveryPropertyArrives) {
  const TlsOptions tls =
      *client(R"("certificationPath":"/c.crt","privateKeyPath":"/c.key","rootCaPath":"/ca.crt",)"
              R"("insecureSkipVerify":true,"serverName":"plant.example","ciphers":"HIGH",)"
              R"("privateKeyPasswordFile":"/p","tlsMinVersion":"TLS1.3","renegotiationSupport":"freely")")
           .dial.tls;
  EXPECT_EQ(tls.certificate.path, "/c.crt");
  EXPECT_EQ(tls.certificate.property, "certificationPath");
  EXPECT_EQ(tls.key.path, "/c.key");
  EXPECT_EQ(tls.ca.path, "/ca.crt");
  EXPECT_TRUE(tls.skip_verify);
  EXPECT_EQ(tls.server_name, "plant.example");
  EXPECT_EQ(tls.ciphers, "HIGH");
  EXPECT_EQ(tls.key_password_file, "/p");
  EXPECT_EQ(tls.min_version, TlsVersion::tls1_3);
  EXPECT_EQ(tls.renegotiation, Renegotiation::freely);
  EXPECT_EQ(client(R"("scheme":"wss","renegotiationSupport":"once")").dial.tls->renegotiation, Renegotiation::once);
}

TEST(ConfigTlsClient, EachVersion) {
  const std::pair<const char*, TlsVersion> versions[] = {{"tls1.0", TlsVersion::tls1_0},
                                                         {"tls1.1", TlsVersion::tls1_1},
                                                         {"tls1.2", TlsVersion::tls1_2},
                                                         {"tls1.3", TlsVersion::tls1_3}};
  for (const auto& [name, version] : versions) {
    EXPECT_EQ(client(R"("scheme":"wss",)" + text("tlsMinVersion", name)).dial.tls->min_version, version);
    EXPECT_EQ(server(kCertificate + "," + text("tlsMinVersion", name)).listen.tls->min_version, version);
  }
}

// What the built-in source accepts, ours accepts.
TEST(ConfigTlsClient, AnUnknownVersionOrRenegotiationIsAWarning) {
  const Config config = client(R"("scheme":"wss","tlsMinVersion":"ssl3","renegotiationSupport":5)");
  EXPECT_EQ(config.dial.tls->min_version, TlsVersion::tls1_2);
  EXPECT_EQ(config.dial.tls->renegotiation, Renegotiation::never);
  EXPECT_THAT(config.warnings,
              ElementsAre("renegotiationSupport: 5 is ignored; it must be one of never, once, freely",
                          "tlsMinVersion: \"ssl3\" is ignored; it must be one of tls1.0, tls1.1, tls1.2, tls1.3"));
}

TEST(ConfigTlsClient, CertificateAndKeyComeInPairs) {
  EXPECT_EQ(client_error(R"("certificationPath":"/c")"), "privateKeyPath: it is needed beside certificationPath");
  EXPECT_EQ(client_error(R"("privateKeyPath":"/k")"), "certificationPath: it is needed beside privateKeyPath");
  EXPECT_EQ(client_error(text("certificationRaw", base64(kPemText))),
            "privateKeyPath: it is needed beside certificationRaw");
  EXPECT_EQ(client_error(text("privateKeyRaw", base64(kPemText))),
            "certificationPath: it is needed beside privateKeyRaw");
  EXPECT_TRUE(client(R"("certificationPath":"/c",)" + text("privateKeyRaw", base64(kPemText))).dial.tls)
      << "one of each";
}

TEST(ConfigTlsClient, RawIsTheBase64OfAPemOrThePemItself) {
  std::string broken = base64(std::string(kPemText) + kPemText);
  for (std::size_t at = 16; at < broken.size(); at += 18) broken.insert(at, "\r\n");
  const std::pair<std::string, std::string> given[] = {
      {base64(kPemText), kPemText},
      {kPemText, kPemText},
      {"\n" + base64(kPemText) + "\r\n", kPemText},
      {broken, std::string(kPemText) + kPemText},
      {base64(std::string("remark\n") + kPemText), std::string("remark\n") + kPemText}};
  for (const auto& [raw, pem] : given) {
    const auto tls = client(text("rootCARaw", raw)).dial.tls;
    ASSERT_TRUE(tls) << raw;
    EXPECT_EQ(tls->ca.text.substr(0, pem.find_last_not_of('\n')), pem.substr(0, pem.find_last_not_of('\n')));
    EXPECT_EQ(tls->ca.property, "rootCARaw");
    EXPECT_EQ(tls->ca.path, "");
  }
}

TEST(ConfigTlsClient, RawThatIsNeitherIsRefusedWithoutBeingShown) {
  for (const char* name : {"certificationRaw", "privateKeyRaw", "rootCARaw"}) {
    for (const std::string& value :
         {std::string("/etc/ssl/secret.pem"), std::string("!!!!"), std::string("c2VjcmV0"), std::string("c2VjcmV0LS"),
          base64("secret"), base64(kPemText) + "====", base64(kPemText).insert(4, "QQ==")}) {
      EXPECT_EQ(client_error(text(name, value)),
                std::string(name) + ": the value given is not allowed; it must be the base64 of a PEM text")
          << value;
    }
  }
}

TEST(ConfigTlsClient, TheFileComesFirst) {
  const Config config = client(R"("rootCaPath":"/ca",)" + text("rootCARaw", "not even base64"));
  EXPECT_EQ(config.dial.tls->ca.path, "/ca");
  EXPECT_EQ(config.dial.tls->ca.text, "");
  EXPECT_THAT(config.warnings, ElementsAre("rootCARaw is ignored: rootCaPath comes first"));
}

TEST(ConfigTlsClient, RelativePathsAreBelowTheRoot) {
  const TlsOptions tls =
      *client(R"("certificationPath":"etc/c.crt","privateKeyPath":"etc/c.key","rootCaPath":"ca.crt",)"
              R"("privateKeyPasswordFile":"p")")
           .dial.tls;
  EXPECT_EQ(tls.certificate.path, "/kuiper/etc/c.crt");
  EXPECT_EQ(tls.key.path, "/kuiper/etc/c.key");
  EXPECT_EQ(tls.ca.path, "/kuiper/ca.crt");
  EXPECT_EQ(tls.key_password_file, "/kuiper/p");
  const TlsOptions ours = *server(R"("httpServerTls":{"certfile":"c","keyfile":"k"},"clientCaFile":"ca")").listen.tls;
  EXPECT_EQ(ours.certificate.path, "/kuiper/c");
  EXPECT_EQ(ours.key.path, "/kuiper/k");
  EXPECT_EQ(ours.ca.path, "/kuiper/ca");
}

TEST(ConfigTlsClient, OnePasswordIsEnough) {
  for (const std::string& role : {std::string(R"("addr":"h","scheme":"wss")"), kCertificate}) {
    const std::string error = server_error(role + R"(,"privateKeyPassword":"s3cret","privateKeyPasswordFile":"/p")");
    EXPECT_EQ(error, "privateKeyPassword: give it or privateKeyPasswordFile, not both");
  }
}

TEST(ConfigTlsClient, SecretsAreInNoText) {
  for (const char* props :
       {R"("scheme":"wss","privateKeyPassword":["s3cret"])", R"("scheme":"wss","privateKeyPassword":{"a":"s3cret"})",
        R"("privateKeyRaw":"s3cret")", R"("privateKeyRaw":["s3cret"])", R"("decrypt":{"key":"s3cret"})",
        R"("scheme":"wss","privateKeyPassword":"s3cret","privateKeyPasswordFile":"/p")",
        R"("scheme":"wss","requestHeader":"s3cret")"}) {
    const std::string error = client_error(props);
    EXPECT_NE(error, "") << props;
    EXPECT_EQ(error.find("s3cret"), std::string::npos) << error;
  }
  for (const char* props : {R"("scheme":"ws","privateKeyPassword":"s3cret","privateKeyRaw":"s3cret")",
                            R"("scheme":"wss","privateKeyPassword":"s3cret","PRIVATEKEYPASSWORD":"s3cret2")"}) {
    const Config config = client(props);
    EXPECT_FALSE(config.warnings.empty());
    for (const auto& warning : config.warnings) EXPECT_EQ(warning.find("s3cret"), std::string::npos) << warning;
  }
}

// ---- tls: default

class ConfigTlsDefault : public ::testing::Test {
 protected:
  std::string yaml(const std::string& content) const {
    return R"("kuiperYaml":)" + test::quoted(folder_.write("kuiper.yaml", content));
  }
  std::string file() const { return folder_.path("kuiper.yaml"); }

 private:
  const ekws::test::Folder folder_;
};

TEST_F(ConfigTlsDefault, TakesWhatKuiperYamlSays) {
  const Config config = client(R"("tls":"default")",
                               yaml("security:\n  tls:\n    certificationPath: etc/c.crt\n    privateKeyPath: /c.key\n"
                                    "    rootcapath: ca.crt\n    insecureSkipVerify: false\n    tlsMinVersion: tls1.3\n"
                                    "    renegotiationSupport: once\n"));
  ASSERT_TRUE(config.dial.tls);
  EXPECT_EQ(config.dial.tls->certificate.path, "/kuiper/etc/c.crt");
  EXPECT_EQ(config.dial.tls->key.path, "/c.key");
  EXPECT_EQ(config.dial.tls->ca.path, "/kuiper/ca.crt");
  EXPECT_EQ(config.dial.tls->min_version, TlsVersion::tls1_3);
  EXPECT_EQ(config.dial.tls->renegotiation, Renegotiation::once);
  EXPECT_EQ(config.dial.port, 443);
  EXPECT_THAT(config.warnings, IsEmpty());
}

TEST_F(ConfigTlsDefault, InsteadOfThePropertiesHere) {
  const Config config = client(R"("tls":"DEFAULT","rootCaPath":"/mine","serverName":"n","insecureSkipVerify":true)",
                               yaml("security: {tls: {rootCaPath: /theirs}}\n"));
  EXPECT_EQ(config.dial.tls->ca.path, "/theirs");
  EXPECT_FALSE(config.dial.tls->skip_verify);
  EXPECT_THAT(config.warnings,
              ElementsAre("rootCaPath is ignored: tls is default", "serverName is ignored: tls is default",
                          "insecureSkipVerify is ignored: tls is default"));
}

TEST_F(ConfigTlsDefault, NothingThereIsAnError) {
  EXPECT_EQ(client_error(R"("tls":"default")"),
            "tls: \"default\" takes what is under security.tls in kuiper.yaml, where nothing is");
  for (const char* content :
       {"security: {}\n", "security:\n", "a: b\n", "security: {tls: }\n", "security: {tls: x}\n"}) {
    EXPECT_EQ(client_error(R"("tls":"default")", yaml(content)),
              "tls: \"default\" takes what is under security.tls in " + file() + ", where nothing is")
        << content;
  }
}

TEST_F(ConfigTlsDefault, MistakesThereAreTold) {
  EXPECT_EQ(client_error(R"("tls":"default")", yaml("security: {tls: {certificationPath: /c}}\n")),
            "privateKeyPath: it is needed beside certificationPath");
  EXPECT_THAT(client_error(R"("tls":"default")", yaml("security: {tls: {insecureSkipVerify: maybe}}\n")),
              HasSubstr("insecureSkipVerify: \"maybe\" is not allowed"));
  EXPECT_THAT(client(R"("tls":"default")", yaml("security: {tls: {rootCaPath: /ca, rootCaPaht: /x}}\n")).warnings,
              ElementsAre(R"(unknown property "rootCaPaht" is ignored; did you mean rootCaPath?)"));
}

TEST_F(ConfigTlsDefault, EncryptedCertificatesAreRefusedThereAndHere) {
  EXPECT_EQ(client_error(R"("tls":"default")", yaml("security: {tls: {rootCaPath: /ca, decrypt: {aes: x}}}\n")),
            "decrypt: encrypted certificate files are not supported by this source");
  EXPECT_THAT(client_error(R"("scheme":"wss","decrypt":{"aes":"x"})"), HasSubstr("decrypt: it is not supported"));
}

TEST_F(ConfigTlsDefault, OnlyDefaultIsAValue) {
  EXPECT_EQ(client_error(R"("tls":"mine")"), R"(tls: "mine" is not allowed; it must be one of default)");
  EXPECT_EQ(client_error(R"("tls":{"a":1})"), "tls: an object is not allowed; it must be one of default");
}

TEST_F(ConfigTlsDefault, AnExplicitWsStaysPlain) {
  const Config config = client(R"("scheme":"ws","tls":"default")", yaml("security: {tls: {rootCaPath: /ca}}\n"));
  EXPECT_FALSE(config.dial.tls);
  EXPECT_THAT(config.warnings, ElementsAre("tls is ignored: the scheme is ws"));
}

// ---- server

class ConfigTlsServer : public ConfigTlsDefault {};

TEST_F(ConfigTlsServer, ItsCertificateIsHttpServerTls) {
  const Config config = server(R"("HTTPSERVERTLS":{"certFile":"/c.crt","KEYFILE":"/c.key"},"privateKeyPassword":"p",)"
                               R"("ciphers":"HIGH")");
  ASSERT_TRUE(config.listen.tls);
  const TlsOptions& tls = *config.listen.tls;
  EXPECT_TRUE(tls.server);
  EXPECT_EQ(tls.certificate.path, "/c.crt");
  EXPECT_EQ(tls.certificate.property, "httpServerTls.certfile");
  EXPECT_EQ(tls.key.path, "/c.key");
  EXPECT_EQ(tls.key.property, "httpServerTls.keyfile");
  EXPECT_EQ(tls.key_password, "p");
  EXPECT_EQ(tls.ciphers, "HIGH");
  EXPECT_EQ(tls.client_auth, ClientAuth::none);
  EXPECT_EQ(tls.renegotiation, Renegotiation::never);
  EXPECT_THAT(config.warnings, IsEmpty());
}

TEST_F(ConfigTlsServer, OfTheGroupElseOfKuiperYaml) {
  const std::string host = yaml("source:\n  httpServerTls:\n    certfile: etc/h.crt\n    keyfile: /h.key\n");
  const Config from_host = server("", host);
  ASSERT_TRUE(from_host.listen.tls);
  EXPECT_EQ(from_host.listen.tls->certificate.path, "/kuiper/etc/h.crt");
  EXPECT_EQ(from_host.listen.tls->certificate.property, "httpServerTls.certfile in " + file());
  EXPECT_EQ(from_host.listen.tls->key.path, "/h.key");
  EXPECT_EQ(server(kCertificate, host).listen.tls->certificate.path, "/c.crt");
  EXPECT_EQ(server(R"("httpServerTls":{"certfile":"","keyfile":null})", host).listen.tls->certificate.path,
            "/kuiper/etc/h.crt")
      << "empty is not given";
  EXPECT_FALSE(server("", yaml("source: {httpServerTls: {certfile: '', keyfile: }}\n")).listen.tls);
}

// A listener of its own, behind a proxy say, beside one with the certificate that kuiper.yaml has for all.
TEST_F(ConfigTlsServer, NoneIsPlainWhateverKuiperYamlSays) {
  const std::string host = yaml("source:\n  httpServerTls:\n    certfile: etc/h.crt\n    keyfile: /h.key\n");
  for (const char* none : {R"("httpServerTls":"none")", R"("httpservertls":" NONE ")"}) {
    const Config config = server(none, host);
    EXPECT_FALSE(config.listen.tls) << none;
    EXPECT_THAT(config.warnings, IsEmpty());
  }
  EXPECT_TRUE(server(R"("httpServerTls":{})", host).listen.tls) << "a field of a form that was not filled in";
  EXPECT_EQ(server_error(R"("httpServerTls":"none","clientCaFile":"/ca")", host),
            "httpServerTls: it is needed beside clientCaFile");
}

TEST_F(ConfigTlsServer, CertificateAndKeyComeInPairs) {
  EXPECT_EQ(server_error(R"("httpServerTls":{"certfile":"/c"})"),
            "httpServerTls.keyfile: it is needed beside httpServerTls.certfile");
  EXPECT_EQ(server_error(R"("httpServerTls":{"keyfile":"/k"})"),
            "httpServerTls.certfile: it is needed beside httpServerTls.keyfile");
  EXPECT_EQ(server_error("", yaml("source: {httpServerTls: {certfile: /c}}\n")),
            "httpServerTls.keyfile in " + file() + ": it is needed beside httpServerTls.certfile in " + file());
}

TEST_F(ConfigTlsServer, BadShapes) {
  EXPECT_EQ(server_error(R"("httpServerTls":"/c.crt")"),
            "httpServerTls: the value given is not allowed; it must be an object with certfile and keyfile, or "
            "none");
  EXPECT_EQ(server_error(R"("httpServerTls":{"certfile":5,"keyfile":"/k"})"),
            "httpServerTls: certfile must be the path of a file");
  EXPECT_THAT(server(R"("httpServerTls":{"certfile":"/c","keyfile":"/k","cafile":"/ca"})").warnings,
              ElementsAre(R"(unknown property "httpServerTls.cafile" is ignored)"));
}

TEST_F(ConfigTlsServer, ClientCertificates) {
  const auto auth = [](const std::string& props) { return server(kCertificate + props).listen.tls->client_auth; };
  EXPECT_EQ(auth(""), ClientAuth::none);
  EXPECT_EQ(auth(R"(,"clientCaFile":"/ca")"), ClientAuth::need) << "who names a CA means it";
  EXPECT_EQ(auth(R"(,"clientCaFile":"/ca","clientAuth":"need")"), ClientAuth::need);
  EXPECT_EQ(auth(R"(,"clientCaFile":"/ca","clientAuth":"Want")"), ClientAuth::want);
  EXPECT_EQ(auth(R"(,"clientCaFile":"/ca","clientAuth":"none")"), ClientAuth::none);
  EXPECT_EQ(auth(R"(,"clientAuth":"none")"), ClientAuth::none);
  EXPECT_EQ(server(kCertificate + R"(,"clientCaFile":"/ca")").listen.tls->ca.path, "/ca");
  for (const char* value : {"want", "need"}) {
    EXPECT_EQ(server_error(kCertificate + "," + text("clientAuth", value)),
              std::string("clientCaFile: it is needed beside clientAuth: ") + value);
  }
  EXPECT_EQ(server_error(kCertificate + R"(,"clientCaFile":"/ca","clientAuth":"maybe")"),
            R"(clientAuth: "maybe" is not allowed; it must be one of none, want, need)");
}

// Who demands client certificates must not end up with a server that anybody can talk to.
TEST_F(ConfigTlsServer, ClientCertificatesNeedTls) {
  EXPECT_EQ(server_error(R"("clientCaFile":"/ca")"), "httpServerTls: it is needed beside clientCaFile");
  EXPECT_EQ(server_error(R"("clientAuth":"need")"), "httpServerTls: it is needed beside clientAuth");
  EXPECT_EQ(server_error(R"("clientAuth":"none")"), "");
}

TEST_F(ConfigTlsServer, WhatDoesNothingIsWarnedOf) {
  const std::string why = " is ignored: the server is plain; httpServerTls makes it TLS";
  EXPECT_THAT(server(R"("tlsMinVersion":"tls1.3","ciphers":"X")").warnings,
              ElementsAre("tlsMinVersion" + why, "ciphers" + why));
  EXPECT_THAT(server(R"("scheme":"wss")").warnings,
              ElementsAre("scheme wss is ignored by a server (addr is empty); httpServerTls makes it TLS"));
  EXPECT_THAT(server(R"("scheme":"wss",)" + kCertificate).warnings, IsEmpty());
  const std::string other = " is ignored by a server (addr is empty); its certificate is httpServerTls";
  EXPECT_THAT(server(kCertificate + R"(,"certificationPath":"/c","insecureSkipVerify":true)").warnings,
              ElementsAre("certificationPath" + other, "insecureSkipVerify" + other));
  EXPECT_THAT(client(kCertificate + R"(,"clientCaFile":"/ca")").warnings,
              ElementsAre("httpServerTls is ignored by a client (addr is given)",
                          "clientCaFile is ignored by a client (addr is given)"));
}

}  // namespace
}  // namespace ekws::config
