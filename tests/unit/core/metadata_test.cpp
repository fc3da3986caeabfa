#include "core/metadata.h"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <string_view>

namespace ekws::core {
namespace {

/// Parsed strictly: bytes that are not UTF-8 are an error, as RFC 8259 section 8.1 has it.
rapidjson::Document parse(const std::string& json) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseValidateEncodingFlag>(json.data(), json.size());
  EXPECT_FALSE(document.HasParseError()) << json;
  return document;
}

std::string_view text(const rapidjson::Value& value) { return {value.GetString(), value.GetStringLength()}; }

TEST(Metadata, HasWhatIsKnown) {
  const auto json = to_json({17, "1.2.3.4:567", "/a%20b/x?k=v&l=", "h:80", {{"id", "x"}}});
  EXPECT_EQ(json, R"({"remoteAddress":"1.2.3.4:567","path":"/a%20b/x","pathParams":{"id":"x"},)"
                  R"("query":{"k":"v","l":""},"host":"h:80","connectionId":17})");
}

TEST(Metadata, LeavesOutWhatIsEmpty) { EXPECT_EQ(to_json({1, "", "/a", "", {}}), R"({"path":"/a","connectionId":1})"); }

TEST(Metadata, EscapesWhatJsonWantsEscaped) {
  const std::string nasty("\"\\\n\r\t\b\x01\x7f </script>\0x", 21);
  const auto document = parse(to_json({1, nasty, "/\"\\?\"=\\", nasty, {{nasty, nasty}}}));
  EXPECT_EQ(text(document["remoteAddress"]), nasty);
  EXPECT_EQ(text(document["path"]), "/\"\\");
  EXPECT_EQ(text(document["query"]["\""]), "\\");
  EXPECT_EQ(text(document["host"]), nasty);
  EXPECT_EQ(text(document["pathParams"].MemberBegin()->name), nasty);
}

// ekws.h: text is UTF-8. What a peer writes into its request need not be.
TEST(Metadata, IsValidJsonWhateverBytesThePeerSent) {
  for (const char* bytes : {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xe6\xb8", "ok\xf5\x80\x80\x80"}) {
    parse(to_json({1, "1.2.3.4:5", std::string("/") + bytes, "h", {}}));
    parse(to_json({1, "1.2.3.4:5", "/", std::string("h") + bytes, {}}));
    parse(to_json({1, "1.2.3.4:5", "/", "h", {{"id", bytes}}}));
  }
  parse(to_json({1, "1.2.3.4:5", "/?%ff=%c0%af", "h", {}}));
}

TEST(Metadata, KeepsLargeNumbers) {
  const auto document = parse(to_json({~0ULL, "", "/", "", {}}));
  EXPECT_EQ(document["connectionId"].GetUint64(), ~0ULL);
}

int answer(const Metadata& metadata) { return check_size(metadata, to_json(metadata)).status; }

TEST(Metadata, OfARequestIsBounded) {
  const std::string rest(kMaxMetadata - 3, 'x');
  EXPECT_EQ(answer({1, "1.2.3.4:5", "/?" + rest, "h", {}}), 431) << "with what else there is";
  EXPECT_EQ(answer({1, "1.2.3.4:5", "/?a" + rest + "bc", "h", {}}), 414);
  EXPECT_EQ(answer({1, "1.2.3.4:5", "/" + rest + "xyz", "h", {}}), 414);
  EXPECT_EQ(answer({1, "1.2.3.4:5", "/" + rest.substr(100), "h", {}}), 101);
  EXPECT_EQ(answer({1, "1.2.3.4:5", "/" + rest.substr(100), "h", {{"id", rest.substr(100)}}}), 431);
  EXPECT_EQ(answer({1, "1.2.3.4:5", "/", rest, {}}), 431);
  EXPECT_EQ(answer({1, "1.2.3.4:5", "/", "h", {}, "", rest}), 431);
}

TEST(Metadata, OfARequestHasSoManyParameters) {
  std::string target = "/?";
  for (std::size_t i = 0; i < kMaxQueryParameters; ++i) target += "p" + std::to_string(i) + "=&";
  EXPECT_EQ(answer({1, "1.2.3.4:5", target, "h", {}}), 101);
  EXPECT_EQ(answer({1, "1.2.3.4:5", target + "p0=again&&", "h", {}}), 101) << "of a repeated one only the first is had";
  EXPECT_EQ(answer({1, "1.2.3.4:5", target + "another", "h", {}}), 414);
}

}  // namespace
}  // namespace ekws::core
