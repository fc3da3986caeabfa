// RFC 7692 sections 5 and 7.1: what is offered, accepted, refused.
#include "net/deflate.h"

#include <gtest/gtest.h>

namespace ekws::net {
namespace {

const std::string kPmd = "permessage-deflate";

Compression with_bits(int bits) { return {true, bits}; }

std::string shown(const Deflate& peer) {
  return std::to_string(peer.window_bits) + (peer.context_takeover ? ", context" : ", afresh");
}

/// The response, then how the peer compresses; "declined" where no offer is accepted.
std::string accepted(const std::string& offers, const Compression& ours = with_bits(15)) {
  const auto parsed = parse_extensions(offers);
  const auto answer = accept_offer(ours, parsed.value());
  return answer ? answer->response + " -> " + shown(answer->peer) : "declined";
}

/// What is wrong with a response, else how the peer compresses; "declined" where it does not.
std::string checked(const std::string& response, const Compression& ours = with_bits(15)) {
  std::optional<Deflate> peer;
  const std::string wrong = check_response(ours, parse_extensions(response).value(), peer);
  return !wrong.empty() ? wrong : peer ? shown(*peer) : "declined";
}

TEST(DeflateServer, Section_7_1_AcceptsEveryValidParameter) {
  EXPECT_EQ(accepted(kPmd), "permessage-deflate -> 15, context");
  // Section 7.1.1.1: accepted by repeating it.
  EXPECT_EQ(accepted(kPmd + ";server_no_context_takeover"),
            "permessage-deflate; server_no_context_takeover -> 15, context");
  // Section 7.1.1.2
  EXPECT_EQ(accepted(kPmd + ";client_no_context_takeover"),
            "permessage-deflate; client_no_context_takeover -> 15, afresh");
  for (int bits = 8; bits <= 15; ++bits) {
    const std::string value = std::to_string(bits);
    // Section 7.1.2.1: accepted with the same value or a smaller one.
    EXPECT_EQ(accepted(kPmd + ";server_max_window_bits=" + value),
              "permessage-deflate; server_max_window_bits=" + value + " -> 15, context");
    // Section 7.1.2.2: what the client has promised holds.
    EXPECT_EQ(accepted(kPmd + ";client_max_window_bits=" + value),
              bits == 15 ? "permessage-deflate -> 15, context"
                         : "permessage-deflate; client_max_window_bits=" + value + " -> " + value + ", context");
  }
  EXPECT_EQ(accepted(kPmd + ";client_max_window_bits"), "permessage-deflate -> 15, context");
  EXPECT_EQ(accepted(kPmd + R"(;server_max_window_bits="10")"),
            "permessage-deflate; server_max_window_bits=10 -> 15, context");
}

TEST(DeflateServer, Section_7_1_DeclinesWhatIsUnknownRepeatedOrInvalid) {
  for (const char* parameters : {"unknown",
                                 "unknown=1",
                                 "Client_No_Context_Takeover",
                                 "server_no_context_takeover=1",
                                 "client_no_context_takeover=15",
                                 "server_no_context_takeover;server_no_context_takeover",
                                 "client_no_context_takeover;client_no_context_takeover",
                                 "server_max_window_bits",
                                 "server_max_window_bits=7",
                                 "server_max_window_bits=16",
                                 "server_max_window_bits=08",
                                 "server_max_window_bits=1x",
                                 "server_max_window_bits=-9",
                                 "server_max_window_bits=+9",
                                 "server_max_window_bits=4294967305",
                                 "server_max_window_bits=10;server_max_window_bits=10",
                                 "client_max_window_bits=7",
                                 "client_max_window_bits=16",
                                 "client_max_window_bits=010",
                                 "client_max_window_bits=x",
                                 "client_max_window_bits;client_max_window_bits",
                                 "client_max_window_bits;client_max_window_bits=10",
                                 "client_max_window_bits=10;client_max_window_bits",
                                 "server_no_context_takeover;unknown"}) {
    EXPECT_EQ(accepted(kPmd + ";" + parameters), "declined") << parameters;
  }
}

TEST(DeflateServer, Section_5_TakesTheFirstOfferThatCanBeAccepted) {
  EXPECT_EQ(accepted("x-webkit-deflate-frame"), "declined");
  EXPECT_EQ(accepted("x-other, " + kPmd + ";unknown, " + kPmd + ";client_max_window_bits=10, " + kPmd),
            "permessage-deflate; client_max_window_bits=10 -> 10, context");
  EXPECT_EQ(accepted(kPmd, {}), "declined") << "off";
}

TEST(DeflateServer, Section_7_1_2_2_AsksForASmallerWindow) {
  EXPECT_EQ(accepted(kPmd + ";client_max_window_bits", with_bits(10)),
            "permessage-deflate; client_max_window_bits=10 -> 10, context");
  EXPECT_EQ(accepted(kPmd + ";client_max_window_bits=12", with_bits(10)),
            "permessage-deflate; client_max_window_bits=10 -> 10, context");
  EXPECT_EQ(accepted(kPmd + ";client_max_window_bits=9", with_bits(10)),
            "permessage-deflate; client_max_window_bits=9 -> 9, context");
  // It MUST NOT be in the response where the offer has it not. Such a client starts afresh with each message instead.
  EXPECT_EQ(accepted(kPmd, with_bits(10)), "permessage-deflate; client_no_context_takeover -> 15, afresh");
}

TEST(DeflateServer, Section_7_1_1_2_AsksForNoContext) {
  EXPECT_EQ(accepted(kPmd, with_bits(0)), "permessage-deflate; client_no_context_takeover -> 15, afresh");
  EXPECT_EQ(accepted(kPmd + ";client_no_context_takeover;client_max_window_bits", with_bits(0)),
            "permessage-deflate; client_no_context_takeover -> 15, afresh");
  EXPECT_EQ(accepted(kPmd + ";client_max_window_bits=9", with_bits(0)),
            "permessage-deflate; client_max_window_bits=9; client_no_context_takeover -> 9, afresh");
}

TEST(DeflateClient, OffersWhatIsConfigured) {
  EXPECT_EQ(make_offer({}), "");
  EXPECT_EQ(make_offer(with_bits(15)), "permessage-deflate; client_no_context_takeover; client_max_window_bits");
  EXPECT_EQ(make_offer(with_bits(10)),
            "permessage-deflate; server_max_window_bits=10; client_no_context_takeover; client_max_window_bits, "
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits");
  EXPECT_EQ(make_offer(with_bits(0)),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits");
}

TEST(DeflateClient, Section_7_1_TakesEveryValidResponse) {
  EXPECT_EQ(checked(""), "declined");
  EXPECT_EQ(checked(kPmd), "15, context");
  EXPECT_EQ(checked(kPmd + ";server_no_context_takeover"), "15, afresh");
  EXPECT_EQ(checked(kPmd + ";client_no_context_takeover;client_max_window_bits=8"), "15, context");
  for (int bits = 8; bits <= 15; ++bits) {
    // Section 7.1.2.1: a server may say so unasked.
    EXPECT_EQ(checked(kPmd + ";server_max_window_bits=" + std::to_string(bits)), std::to_string(bits) + ", context");
  }
  EXPECT_EQ(checked(kPmd + ";server_max_window_bits=10", with_bits(10)), "10, context");
  EXPECT_EQ(checked(kPmd + ";server_max_window_bits=9", with_bits(10)), "9, context");
  EXPECT_EQ(checked(kPmd + ";server_no_context_takeover", with_bits(10)), "15, afresh") << "the second offer";
  EXPECT_EQ(checked(kPmd + ";server_no_context_takeover", with_bits(0)), "15, afresh");
}

// Section 5: the connection has to be failed.
TEST(DeflateClient, Section_7_1_RefusesWhatIsUnknownRepeatedOrInvalid) {
  for (const char* name : {"unknown", "server_no_context_takeover=1", "client_no_context_takeover=1",
                           "server_max_window_bits", "server_max_window_bits=7", "server_max_window_bits=16",
                           "server_max_window_bits=09", "client_max_window_bits", "client_max_window_bits=16"}) {
    const std::string parameter(name);
    EXPECT_EQ(checked(kPmd + ";" + parameter), "permessage-deflate with the parameter " +
                                                   parameter.substr(0, parameter.find('=')) +
                                                   " unknown, repeated or invalid");
  }
  for (const std::string parameter : {"server_no_context_takeover", "client_no_context_takeover",
                                      "server_max_window_bits=10", "client_max_window_bits=10"}) {
    EXPECT_NE(checked(kPmd + ";" + parameter + ";" + parameter).find("repeated"), std::string::npos) << parameter;
  }
  EXPECT_EQ(checked(kPmd + ", " + kPmd), "permessage-deflate twice");
}

TEST(DeflateClient, Section_5_RefusesWhatWasNotOffered) {
  EXPECT_EQ(checked("x-other"), "an extension that was not offered: x-other");
  EXPECT_EQ(checked(kPmd + ", x-other"), "an extension that was not offered: x-other");
  EXPECT_EQ(checked(kPmd, {}), "an extension that was not offered: permessage-deflate") << "off";
  // Sections 7.1.1.1 and 7.1.2.1: an offer is accepted by repeating the parameter.
  EXPECT_EQ(checked(kPmd, with_bits(0)), "permessage-deflate without server_no_context_takeover, which was asked for");
  EXPECT_EQ(checked(kPmd, with_bits(10)), "permessage-deflate without server_max_window_bits=10, which was asked for");
  EXPECT_EQ(checked(kPmd + ";server_max_window_bits=11", with_bits(10)),
            "permessage-deflate without server_max_window_bits=10, which was asked for");
}

}  // namespace
}  // namespace ekws::net
