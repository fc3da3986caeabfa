#include "args.h"

#include <gtest/gtest.h>

namespace ekws_load {
namespace {

std::string refusal(const std::vector<std::string>& words) {
  try {
    parse_args(words);
  } catch (const BadArgs& error) {
    return error.what();
  }
  return "";
}

TEST(Args, ClientUrlIsTakenApart) {
  const Args args = parse_args({"client", "--url", "ws://127.0.0.1:10081/api/data?k=v"});
  EXPECT_EQ(args.mode, Mode::client);
  EXPECT_EQ(args.host, "127.0.0.1");
  EXPECT_EQ(args.port, 10081);
  EXPECT_EQ(args.target, "/api/data?k=v");
  EXPECT_TRUE(args.endless());
}

TEST(Args, UrlWithoutPathOrPort) {
  const Args args = parse_args({"client", "--url", "ws://[::1]:81?k=v"});
  EXPECT_EQ(args.host, "::1");
  EXPECT_EQ(args.port, 81);
  EXPECT_EQ(args.target, "/?k=v");
  EXPECT_EQ(parse_args({"client", "--url", "ws://peer"}).port, 80);
}

TEST(Args, ServerAndSendingOptions) {
  const Args args =
      parse_args({"server", "--listen", "127.0.0.1:0", "--path", "/x", "--clients", "2", "--messages", "10", "--rate",
                  "2.5", "--size", "200", "--binary", "--payload", "seq", "--fragment", "7"});
  EXPECT_EQ(args.mode, Mode::server);
  EXPECT_EQ(args.port, 0);
  EXPECT_EQ(args.target, "/x");
  EXPECT_EQ(args.clients, 2u);
  EXPECT_EQ(args.messages, 10u);
  EXPECT_DOUBLE_EQ(args.rate, 2.5);
  EXPECT_EQ(args.size, 200u);
  EXPECT_TRUE(args.binary);
  EXPECT_EQ(args.payload, PayloadKind::seq);
  EXPECT_EQ(args.fragment, 7u);
  EXPECT_FALSE(args.endless());
}

TEST(Args, HelpWhereverItIsAskedFor) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"--help"},
           {"-h"},
           {"help"},
           {"client", "--help"},
           {"server", "-h"},
           {"server", "--listen", "127.0.0.1:0", "--help"},
           {"client", "--nonsense", "--help"},
       }) {
    EXPECT_EQ(parse_args(words).mode, Mode::help) << words.back();
  }
}

TEST(Args, RefusalsSayWhatIsWanted) {
  EXPECT_EQ(refusal({}), "client or server is wanted first");
  EXPECT_EQ(refusal({"clients"}), "clients: client or server is wanted first");
  EXPECT_EQ(refusal({"client"}), "--url ws://host:port/path is wanted");
  EXPECT_EQ(refusal({"server"}), "--listen host:port is wanted");
  EXPECT_EQ(refusal({"client", "--url", "wss://h/x"}), "--url wss://h/x: ws://host:port/path is wanted");
  EXPECT_EQ(refusal({"client", "--url", "ws://h:0/x"}), "--url: port 0: a whole number from 1 to 65535 is wanted");
  EXPECT_EQ(refusal({"client", "--clients", "2"}), "--clients: no option of client");
  EXPECT_EQ(refusal({"client", "--messages"}), "--messages: a value is wanted");
  EXPECT_EQ(refusal({"client", "--messages", "1x"}),
            "--messages 1x: a whole number from 1 to 9007199254740992 is wanted");
  EXPECT_EQ(refusal({"client", "--rate", "-1"}), "--rate -1: a number greater than 0 is wanted");
  EXPECT_EQ(refusal({"client", "--payload", "xml"}), "--payload xml: sensor, seq or fixed is wanted");
}

}  // namespace
}  // namespace ekws_load
