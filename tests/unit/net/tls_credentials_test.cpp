// What is read from files and texts, what is wrong with them, and when they are read again.
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>

#include "net/tls_kit.h"

namespace ekws::net {
namespace {

using test::authority;
using test::Folder;
using test::issued_by;
using test::self_signed;
using test::Wish;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

/// What stands against these options; empty: nothing.
std::string trouble(const TlsOptions& options) {
  try {
    const TlsContext context(options);
    return {};
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, EKWS_E_CONFIG_VALUE);
    return failure.error().text;
  }
}

class TlsFiles : public ::testing::Test {
 protected:
  TlsFiles() {
    options.server = true;
    options.certificate = {"httpServerTls.certfile", folder.write("c.crt", good_server().pem()), {}};
    options.key = {"httpServerTls.keyfile", folder.write("c.key", good_server().key_pem()), {}};
    options.ca = {"clientCaFile", folder.write("ca.crt", test_ca().pem()), {}};
    options.client_auth = ClientAuth::want;
  }

  const Folder folder;
  TlsOptions options;
};

TEST_F(TlsFiles, GoodOnes) { EXPECT_EQ(trouble(options), ""); }

TEST_F(TlsFiles, EachThatCannotBeRead) {
  Pem TlsOptions::*const files[] = {&TlsOptions::certificate, &TlsOptions::key, &TlsOptions::ca};
  for (const auto file : files) {
    TlsOptions bad = options;
    (bad.*file).path = folder.path("none");
    const std::string start = (bad.*file).property + ": ";
    EXPECT_EQ(trouble(bad), start + folder.path("none") + " cannot be read: No such file or directory");
    (bad.*file).path = folder.path();
    EXPECT_EQ(trouble(bad), start + folder.path() + " cannot be read: not a regular file");
    (bad.*file).path = folder.path("c.crt") + "/x";
    EXPECT_EQ(trouble(bad), start + folder.path("c.crt") + "/x cannot be read: Not a directory");
  }
}

TEST_F(TlsFiles, EachThatHoldsSomethingElse) {
  Pem TlsOptions::*const files[] = {&TlsOptions::certificate, &TlsOptions::key, &TlsOptions::ca};
  for (const auto file : files) {
    for (const char* content : {"", "hello\n", "-----BEGIN X-----\nAAAA\n-----END X-----\n"}) {
      TlsOptions bad = options;
      (bad.*file).path = folder.write("bad", content);
      EXPECT_EQ(trouble(bad), (bad.*file).property + ": " + folder.path("bad") + " holds no " +
                                  (file == &TlsOptions::key ? "private key" : "certificate") + " in PEM form");
    }
  }
  options.certificate.path = folder.path("c.key");
  EXPECT_EQ(trouble(options), "httpServerTls.certfile: " + folder.path("c.key") + " holds no certificate in PEM form");
  options.certificate.path = folder.path("c.crt");
  options.key.path = folder.path("c.crt");
  EXPECT_EQ(trouble(options), "httpServerTls.keyfile: " + folder.path("c.crt") + " holds no private key in PEM form");
}

// To use what came before the fault would be to trust, or to show, less than was given.
TEST_F(TlsFiles, ABrokenCertificateAmongGoodOnes) {
  std::string broken = test_ca().pem();
  broken[broken.find('\n') + 20] = '!';
  for (const bool own : {true, false}) {
    TlsOptions bad = options;
    Pem& file = own ? bad.certificate : bad.ca;
    file.path = folder.write("bad", (own ? good_server() : test_ca()).pem() + broken + test_ca().pem());
    EXPECT_THAT(trouble(bad), MatchesRegex(file.property + ": .*/bad holds a certificate that cannot be read: .*"));
  }
}

TEST_F(TlsFiles, OneFileMayHoldCertificateAndKey) {
  options.certificate.path = options.key.path =
      folder.write("both.pem", good_server().key_pem() + "remark\n" + good_server().pem() + test_ca().pem());
  EXPECT_EQ(trouble(options), "");
}

TEST_F(TlsFiles, AKeyThatIsAnothers) {
  options.key.path = folder.write("other.key", good_client().key_pem());
  EXPECT_EQ(trouble(options), "httpServerTls.keyfile: " + folder.path("other.key") +
                                  " does not belong to the certificate " + folder.path("c.crt") +
                                  " (httpServerTls.certfile)");
  options.certificate = {"certificationRaw", {}, good_server().pem()};
  options.key = {"privateKeyRaw", {}, good_client().key_pem()};
  EXPECT_EQ(trouble(options), "privateKeyRaw: the text given does not belong to the certificate in certificationRaw");
}

TEST_F(TlsFiles, AnEncryptedKeyNeedsItsPassword) {
  options.key.path = folder.write("secret.key", good_server().encrypted_key_pem("pass word"));
  const std::string start = "httpServerTls.keyfile: " + folder.path("secret.key");
  EXPECT_EQ(trouble(options),
            start + " is encrypted; give its password in privateKeyPasswordFile or privateKeyPassword");
  options.key_password = "wrong";
  EXPECT_EQ(trouble(options), start + " cannot be decrypted with the password given");
  options.key_password = std::string(2000, 'x');
  EXPECT_EQ(trouble(options), start + " cannot be decrypted with the password given");
  options.key_password = "pass word";
  EXPECT_EQ(trouble(options), "");

  options.key_password.clear();
  for (const char* content : {"pass word", "pass word\n", "pass word\r\nsecond line\n"}) {
    options.key_password_file = folder.write("password", content);
    EXPECT_EQ(trouble(options), "") << content;
  }
  for (const char* content : {"", "\n", "pass word \n"}) {
    options.key_password_file = folder.write("password", content);
    EXPECT_NE(trouble(options), "") << content;
  }
  options.key_password_file = folder.path("none");
  EXPECT_EQ(trouble(options),
            "privateKeyPasswordFile: " + folder.path("none") + " cannot be read: No such file or directory");
  options.key_password_file = folder.write("password", std::string(5000, 'x'));
  EXPECT_EQ(trouble(options),
            "privateKeyPasswordFile: " + folder.path("password") + " cannot be read: larger than 1 KiB");
}

TEST_F(TlsFiles, AWeakKeyOfOurOwn) {
  Wish wish;
  wish.rsa_bits = 1024;
  const auto weak = issued_by(test_ca(), wish);
  options.certificate.path = folder.write("weak.crt", weak.pem());
  options.key.path = folder.write("weak.key", weak.key_pem());
  for (const TlsVersion version : {TlsVersion::tls1_0, TlsVersion::tls1_2}) {
    options.min_version = version;
    EXPECT_EQ(trouble(options), "httpServerTls.certfile: " + folder.path("weak.crt") +
                                    " has a key of 1024 bits, which is too weak; RSA needs 2048, EC 224");
  }
}

TEST_F(TlsFiles, BadCiphers) {
  for (const char* ciphers : {"NO-SUCH-CIPHER", ":::", "aNULL", "eNULL"}) {
    options.ciphers = ciphers;
    EXPECT_THAT(trouble(options), HasSubstr(std::string("ciphers: \"") + ciphers +
                                            "\" is not allowed; it must be a list of ciphers as OpenSSL names them"));
  }
}

TEST_F(TlsFiles, NothingIsLeftInTheErrorQueue) {
  ERR_clear_error();
  EXPECT_EQ(trouble(options), "");
  EXPECT_EQ(ERR_peek_error(), 0U);
  options.key.path = options.certificate.path;
  EXPECT_NE(trouble(options), "");
  EXPECT_EQ(ERR_peek_error(), 0U);
}

/// The certificate that a new stream of this context shows; or why there is none.
std::string shown_by(TlsContext& context) {
  auto [ours, theirs] = socket_pair();
  const auto stream = context.make_stream(ours.get(), {});
  TlsPeer peer(false);
  peer.start(theirs.get());
  drive(*stream, peer);
  if (!peer.error().empty()) return peer.error();
  return subject_of(SSL_get0_peer_certificate(peer.ssl()));
}

class TlsRefresh : public TlsFiles {
 protected:
  void renew(const std::string& name) {
    Wish wish;
    wish.name = name;
    const auto made = issued_by(test_ca(), wish);
    folder.write("c.crt", made.pem());
    folder.write("c.key", made.key_pem());
  }
};

TEST_F(TlsRefresh, WithoutAChangeNothingIsRead) {
  TlsContext context(options);
  EXPECT_FALSE(context.refresh());
  EXPECT_EQ(shown_by(context), "CN=server");
}

TEST_F(TlsRefresh, AChangedCertificateIsForNewStreamsAndOldOnesGoOn) {
  TlsPair pair(options);
  pair.open();
  renew("renewed");
  EXPECT_EQ(shown_by(pair.context), "CN=server") << "nobody asked for it yet";
  EXPECT_FALSE(pair.context.refresh());
  EXPECT_EQ(shown_by(pair.context), "CN=renewed");
  ASSERT_TRUE(pair.peer.write("still here"));
  EXPECT_EQ(pair.read(), "still here");
  EXPECT_EQ(pair.stream->write("too", 3).io, Io::done);
  EXPECT_EQ(pair.peer.read(), "too");
}

TEST_F(TlsRefresh, BrokenKeepsTheOldAndSaysSoOnceMendedIsUsed) {
  TlsContext context(options);
  folder.write("c.crt", "half a cert");
  const Error error = context.refresh();
  EXPECT_EQ(error.code, EKWS_E_CONFIG_VALUE);
  EXPECT_EQ(error.text, "httpServerTls.certfile: " + folder.path("c.crt") +
                            " holds no certificate in PEM form; what was read before stays in use");
  EXPECT_FALSE(context.refresh()) << "once";
  EXPECT_EQ(shown_by(context), "CN=server");
  ASSERT_EQ(::unlink(folder.path("c.crt").c_str()), 0);
  EXPECT_THAT(context.refresh().text, HasSubstr("No such file or directory; what was read before stays in use"));
  EXPECT_FALSE(context.refresh());
  renew("mended");
  EXPECT_FALSE(context.refresh());
  EXPECT_EQ(shown_by(context), "CN=mended");
}

TEST_F(TlsRefresh, TheKeyMayChangeBeforeTheCertificate) {
  TlsContext context(options);
  Wish wish;
  wish.name = "renewed";
  const auto made = issued_by(test_ca(), wish);
  folder.write("c.key", made.key_pem());
  EXPECT_THAT(context.refresh().text, HasSubstr("does not belong to the certificate"));
  EXPECT_EQ(shown_by(context), "CN=server");
  folder.write("c.crt", made.pem());
  EXPECT_FALSE(context.refresh());
  EXPECT_EQ(shown_by(context), "CN=renewed");
}

TEST_F(TlsRefresh, ThePasswordFileAndTheCaCount) {
  options.key.path = folder.write("secret.key", good_server().encrypted_key_pem("one"));
  options.key_password_file = folder.write("password", "one");
  TlsContext context(options);
  folder.write("password", "two");
  EXPECT_THAT(context.refresh().text, HasSubstr("cannot be decrypted with the password given"));
  folder.write("secret.key", good_server().encrypted_key_pem("two"));
  EXPECT_FALSE(context.refresh());
  folder.write("ca.crt", "");
  EXPECT_THAT(context.refresh().text, HasSubstr("clientCaFile: "));
}

TEST_F(TlsRefresh, ANewCaIsWhomNewStreamsTrust) {
  const auto other = self_signed(authority("Other CA"));
  TlsOptions ours = client_options();
  ours.ca = {"rootCaPath", folder.path("ca.crt"), {}};
  TlsContext context(ours);
  const auto accepts = [&](const test::Certificate& by) {
    TlsPair pair(ours);
    auto [near, far] = socket_pair();
    const auto stream = context.make_stream(near.get(), "localhost");
    pair.peer.use(issued_by(by, Wish{}));
    pair.peer.start(far.get());
    return drive(*stream, pair.peer) == Io::done;
  };
  EXPECT_TRUE(accepts(test_ca()));
  EXPECT_FALSE(accepts(other));
  folder.write("ca.crt", other.pem());
  EXPECT_FALSE(context.refresh());
  EXPECT_FALSE(accepts(test_ca()));
  EXPECT_TRUE(accepts(other));
}

/// An environment variable for the time of a test.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  ~Variable() { before_ ? ::setenv(name_, before_->c_str(), 1) : ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

class TrustStore : public ::testing::Test {
 protected:
  TrustStore() : file_("SSL_CERT_FILE", folder.path("none")), folders_("SSL_CERT_DIR", folder.path("none")) {
    options.ca = {};
  }
  bool trusts(const test::Certificate& ca) const {
    TlsPair pair(options);
    pair.peer.use(issued_by(ca, Wish{}));
    return pair.shake_hands() == Io::done;
  }

  const Folder folder;
  TlsOptions options = client_options();

 private:
  const Variable file_, folders_;
};

TEST_F(TrustStore, SslCertFile) {
  const Variable file("SSL_CERT_FILE", folder.write("bundle.pem", self_signed(Wish{}).pem() + test_ca().pem()));
  EXPECT_TRUE(trusts(test_ca()));
  EXPECT_FALSE(trusts(self_signed(authority("Other CA"))));
}

TEST_F(TrustStore, SslCertDirIsAListOfFoldersWhoseFilesHaveWhateverNames) {
  const Folder second;
  const auto other = self_signed(authority("Other CA"));
  folder.write("README", "no certificate\n");
  folder.write("my ca.txt", test_ca().pem());
  second.write("other.pem", other.pem());
  const Variable folders("SSL_CERT_DIR", "/no/such/folder::" + folder.path() + ":" + second.path());
  EXPECT_TRUE(trusts(test_ca()));
  EXPECT_TRUE(trusts(other));
}

TEST_F(TrustStore, BothCount) {
  const Folder second;
  const auto other = self_signed(authority("Other CA"));
  const Variable file("SSL_CERT_FILE", folder.write("bundle.pem", test_ca().pem()));
  second.write("other.pem", other.pem());
  const Variable folders("SSL_CERT_DIR", second.path());
  EXPECT_TRUE(trusts(test_ca()));
  EXPECT_TRUE(trusts(other));
}

TEST_F(TrustStore, NoneAtAllIsSaidAtOnce) {
  EXPECT_EQ(trouble(options), "rootCaPath: is needed: this machine has no CA certificates to check the server's with");
  options.skip_verify = true;
  EXPECT_EQ(trouble(options), "") << "nothing is checked";
}

TEST_F(TrustStore, IsNotAskedWhereACaIsGiven) {
  options.ca = client_options().ca;
  EXPECT_TRUE(trusts(test_ca()));
}

TEST_F(TrustStore, OfThisMachine) {
  const Variable file("SSL_CERT_FILE", "");
  const Variable folders("SSL_CERT_DIR", "");
  const std::string why = trouble(options);
  if (!why.empty()) GTEST_SKIP() << "this machine has no CA certificates: " << why;
  EXPECT_FALSE(trusts(test_ca()));
}

}  // namespace
}  // namespace ekws::net
