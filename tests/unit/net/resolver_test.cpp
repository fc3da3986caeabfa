// Look-ups that hang, and names whose addresses change. getaddrinfo is replaced for names that end in .test.
#include "net/resolver.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <netdb.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>

#include "net/dialer.h"
#include "net/loop.h"
#include "net/sockets.h"

namespace {

/// What the names are; shared with the look-ups' threads.
struct Names {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, std::vector<std::string>> addresses;  ///< a name that is not here hangs
  std::map<std::string, int> calls;
};

Names& names() {
  static Names& all = *new Names;  // a look-up may outlive the test
  return all;
}

void set(const std::string& name, std::vector<std::string> addresses) {
  const std::lock_guard<std::mutex> lock(names().mutex);
  names().addresses[name] = std::move(addresses);
  names().changed.notify_all();
}

int calls(const std::string& name) {
  const std::lock_guard<std::mutex> lock(names().mutex);
  return names().calls[name];
}

using GetAddrInfo = int (*)(const char*, const char*, const addrinfo*, addrinfo**);

}  // namespace

extern "C" int getaddrinfo(const char* host, const char* port, const addrinfo* hints, addrinfo** found) {
  static const auto real = reinterpret_cast<GetAddrInfo>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  const std::string name = host == nullptr ? "" : host;
  // Only the look-up itself: whether it is a literal is asked first, with AI_NUMERICHOST.
  const bool ours = name.size() > 5 && name.compare(name.size() - 5, 5, ".test") == 0;
  if (!ours || (hints->ai_flags & AI_NUMERICHOST) != 0) return real(host, port, hints, found);
  std::vector<std::string> addresses;
  {
    std::unique_lock<std::mutex> lock(names().mutex);
    ++names().calls[name];
    names().changed.wait(lock, [&] { return names().addresses.count(name) != 0; });
    addresses = names().addresses[name];
  }
  addrinfo** end = found;
  for (const auto& address : addresses) {
    const int failed = real(address.c_str(), port, hints, end);
    if (failed != 0) return failed;
    while (*end != nullptr) end = &(*end)->ai_next;
  }
  return addresses.empty() ? EAI_NONAME : 0;
}

namespace ekws::net {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class ResolverTest : public ::testing::Test {
 protected:
  /// Every test has let its names go: none hangs in the next.
  ResolverTest() {
    const std::lock_guard<std::mutex> lock(names().mutex);
    names().addresses.clear();
    names().calls.clear();
  }

  struct Dialled {
    std::string remote;
    Error error;
  };

  /// As in production it outlives every look-up.
  static Loop& loop() {
    static Loop& everlasting = *new Loop;
    return everlasting;
  }
  /// Dials and waits for how that ends.
  static Dialled dial(const std::string& host, std::uint16_t port, std::chrono::milliseconds each = 10s,
                      const Address& behind = {}) {
    std::optional<Dialled> result;
    const auto dialer = std::make_shared<Dialer>(loop().io(), host, port, each,
                                                 [&](const Fd&, const Address& remote, const Error& error) {
                                                   result = {to_string(remote), error};
                                                 });
    dialer->start(behind);
    EXPECT_TRUE(loop().until([&] { return result.has_value(); })) << host;
    dialer->cancel();
    return result.value_or(Dialled{});
  }
};

TEST_F(ResolverTest, ANameThatHangsHoldsUpNoOther) {
  const Fd listener = listening();
  const auto port = port_of(listener.get());
  set("good.test", {"127.0.0.1"});
  const auto before =
      std::make_shared<Dialer>(loop().io(), "hangs1.test", port, 10s, [](const Fd&, const Address&, const Error&) {});
  before->start();
  EXPECT_FALSE(dial("good.test", port).error);
  before->cancel();
  const Dialled hung = dial("hangs1.test", port, 20ms);
  EXPECT_EQ(hung.error.code, EKWS_E_RESOLVE);
  EXPECT_THAT(hung.error.text, HasSubstr("cannot resolve hangs1.test within 20 ms (connectTimeout)"));
  set("hangs1.test", {});
}

TEST_F(ResolverTest, ANameThatHangsIsNotLookedUpAgainAndAgain) {
  const Fd listener = listening();
  const auto port = port_of(listener.get());
  EXPECT_EQ(dial("hangs2.test", port, 5ms).error.code, EKWS_E_RESOLVE);
  ASSERT_TRUE(loop().until([&] { return calls("hangs2.test") == 1; })) << "its thread has come to it";
  for (int i = 1; i < 10; ++i) EXPECT_EQ(dial("hangs2.test", port, 5ms).error.code, EKWS_E_RESOLVE);
  EXPECT_EQ(calls("hangs2.test"), 1);
  // The answer that comes at last is for who waits then.
  std::optional<Error> result;
  const auto dialer = std::make_shared<Dialer>(loop().io(), "hangs2.test", port, 10s,
                                               [&](const Fd&, const Address&, const Error& error) { result = error; });
  dialer->start();
  set("hangs2.test", {"127.0.0.1"});
  ASSERT_TRUE(loop().until([&] { return result.has_value(); }));
  EXPECT_FALSE(*result) << result->text;
  EXPECT_EQ(calls("hangs2.test"), 1);
  EXPECT_FALSE(dial("hangs2.test", port).error);
  EXPECT_EQ(calls("hangs2.test"), 2) << "and the next one is asked for anew";
}

TEST_F(ResolverTest, ManyNamesThatHangAreAnErrorAndNotAThreadEach) {
  std::vector<std::shared_ptr<Dialer>> dialers;
  for (int i = 0; i < 64; ++i) {
    dialers.push_back(std::make_shared<Dialer>(loop().io(), "many" + std::to_string(i) + ".test", 80, 10s,
                                               [](const Fd&, const Address&, const Error&) {}));
    dialers.back()->start();
  }
  const Dialled refused = dial("one-more.test", 80);
  EXPECT_EQ(refused.error.code, EKWS_E_RESOLVE);
  EXPECT_THAT(refused.error.text, HasSubstr("cannot resolve one-more.test: 64 other look-ups are without an answer"));
  for (const auto& dialer : dialers) dialer->cancel();
  for (int i = 0; i < 64; ++i) set("many" + std::to_string(i) + ".test", {});
  set("one-more.test", {});
  EXPECT_TRUE(loop().until([] { return dial("one-more.test", 80).error.text.find("other") == std::string::npos; }))
      << "they have ended";
}

TEST_F(ResolverTest, EachDialAsksForTheAddressAnew) {
  const Fd listener = listening();
  const auto port = port_of(listener.get());
  set("moves.test", {"127.0.0.2"});
  EXPECT_EQ(dial("moves.test", port).error.code, EKWS_E_CONNECT);
  set("moves.test", {"127.0.0.1"});
  EXPECT_FALSE(dial("moves.test", port).error);
}

TEST_F(ResolverTest, EveryAddressOfANameIsTriedInItsOrder) {
  const Fd listener = listening();
  const auto port = port_of(listener.get());
  set("many.test", {"127.0.0.3", "127.0.0.2", "127.0.0.1"});
  const Dialled result = dial("many.test", port);
  EXPECT_FALSE(result.error) << result.error.text;
  EXPECT_EQ(result.remote, "127.0.0.1:" + std::to_string(port));
  set("none.test", {"127.0.0.3", "127.0.0.2"});
  EXPECT_THAT(dial("none.test", port).error.text, HasSubstr("127.0.0.2")) << "the last one's reason is told";
}

TEST_F(ResolverTest, ADialBeginsBehindTheAddressItIsTold) {
  const Fd everywhere(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto any = ip_address("0.0.0.0", 0);
  ASSERT_EQ(::bind(everywhere.get(), any->get(), any->size), 0);
  ASSERT_EQ(::listen(everywhere.get(), 16), 0);
  const auto port = port_of(everywhere.get());
  const auto first = [&](const char* behind) {
    return dial("round.test", port, 10s, *ip_address(behind, port)).remote;
  };
  const std::string end = ":" + std::to_string(port);
  set("round.test", {"127.0.0.4", "127.0.0.3", "127.0.0.3", "127.0.0.2"});
  EXPECT_EQ(first("127.0.0.4"), "127.0.0.3" + end);
  EXPECT_EQ(first("127.0.0.3"), "127.0.0.2" + end) << "behind the second of the same, too";
  EXPECT_EQ(first("127.0.0.2"), "127.0.0.4" + end);
  EXPECT_EQ(first("127.0.0.5"), "127.0.0.4" + end) << "not one of them, so it changes nothing";
}

}  // namespace
}  // namespace ekws::net
