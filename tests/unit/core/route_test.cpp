#include "core/route.h"

#include <gmock/gmock.h>

#include <chrono>
#include <functional>

#include "base/error.h"

namespace ekws::core {
namespace {

using ::testing::HasSubstr;

struct Case {
  const char* pattern;
  std::string path;
  std::optional<Pairs> values;
};

const Case kCases[] = {
    {"/api/data", "/api/data", Pairs{}},
    {"/api/data", "/api/data/", std::nullopt},
    {"/api/data", "/api/dat", std::nullopt},
    {"/api/data", "/API/data", std::nullopt},
    {"/a.b*c[d]", "/a.b*c[d]", Pairs{}},
    {"/", "/", Pairs{}},

    {"/devices/{id}", "/devices/7", Pairs{{"id", "7"}}},
    {"/devices/{id}", "/devices/", std::nullopt},
    {"/devices/{id}", "/devices/a/b", std::nullopt},
    {"/devices/{id}/data", "/devices/a b/data", Pairs{{"id", "a b"}}},
    {"/devices/{id}/data", "/devices/\xe6\xb8\xa9/data", Pairs{{"id", "\xe6\xb8\xa9"}}},
    {"/devices/{id}/data", "/x/devices/1/data", std::nullopt},
    {"/{a}/{b}", "/1/2", Pairs{{"a", "1"}, {"b", "2"}}},
    {"/\xe6\xb8\xa9/{id}", "/\xe6\xb8\xa9/1", Pairs{{"id", "1"}}},

    {"/devices/{id:[0-9]+}", "/devices/42", Pairs{{"id", "42"}}},
    {"/devices/{id:[0-9]+}", "/devices/4x", std::nullopt},
    {"/devices/{id:[0-9]+}", "/devices/42\n", std::nullopt},
    {"/devices/{id:[0-9]{2,3}}", "/devices/42", Pairs{{"id", "42"}}},
    {"/devices/{id:[0-9]{2,3}}", "/devices/4", std::nullopt},
    {"/devices/{id:[0-9]{2,3}}", "/devices/4242", std::nullopt},
    {"/{kind:a|b}/{id}", "/b/1", Pairs{{"kind", "b"}, {"id", "1"}}},
    {"/{kind:a|b}/{id}", "/c/1", std::nullopt},
    {"/{rest:.*}", "/a/b/c", Pairs{{"rest", "a/b/c"}}},
    {"/{rest:.*}", "/", Pairs{{"rest", ""}}},
    {"/{pair:(x)(y)}/{id}", "/xy/1", Pairs{{"pair", "xy"}, {"id", "1"}}},
    {"/{d:\\d+}", "/12", Pairs{{"d", "12"}}},
    {"/{a:b:c}", "/b:c", Pairs{{"a", "b:c"}}},

    {"/a{id}b", "/a7b", Pairs{{"id", "7"}}},
    {"/a{id}b", "/ab", std::nullopt},
    {"/a{id}b", "/a7c", std::nullopt},
    {"/{id}.{type}", "/x.json", Pairs{{"id", "x"}, {"type", "json"}}},
    {"/(x)+{id}", "/(x)+1", Pairs{{"id", "1"}}},
    {"/(x)+{id}", "/xx1", std::nullopt},
    {"/\\Q{id}\\E", "/\\Q1\\E", Pairs{{"id", "1"}}},
    {"/{id}", std::string("/a\0b", 4), Pairs{{"id", std::string("a\0b", 3)}}},
};

TEST(Route, Matches) {
  for (const Case& c : kCases) {
    EXPECT_EQ(Route(c.pattern).match(c.path), c.values) << c.pattern << " and " << c.path;
  }
}

TEST(Route, KnowsWhetherItHasVariables) {
  EXPECT_FALSE(Route("/a").has_variables());
  EXPECT_TRUE(Route("/{a}").has_variables());
  EXPECT_EQ(Route("/{a}").pattern(), "/{a}");
}

TEST(Route, SaysWhatDoesNotCompile) {
  for (const char* pattern : {"/{id:[0-9}", "/{id:(}", "/{id:*}", "/{id", "/{id:[0-9]{2}"}) {
    try {
      const Route route(pattern);
      FAIL() << pattern;
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error().code, EKWS_E_CONFIG_VALUE);
      EXPECT_THAT(failure.error().text, HasSubstr(pattern));
    }
  }
}

/// Whether it takes less than a second in one of ten runs: the machine may stand still in some.
bool is_quick(const std::function<void()>& work) {
  for (int i = 0; i < 10; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    if (std::chrono::steady_clock::now() - start < std::chrono::seconds(1)) return true;
  }
  return false;
}

// An expression that takes exponential time must not hold up the io thread, whatever path a peer asks for.
TEST(Route, IsBoundedInTime) {
  for (const char* pattern : {"/{x:(a+)+}b", "/{x:(a|aa)+}b", "/{x:(.*)*}b", "/{x:([a-z]+)*}{y:([a-z]+)*}0"}) {
    const Route route(pattern);
    const std::string path = "/" + std::string(15'000, 'a') + "!";
    EXPECT_TRUE(is_quick([&] { EXPECT_EQ(route.match(path), std::nullopt) << pattern; })) << pattern;
  }
}

TEST(PercentDecode, DecodesEscapesAndNothingElse) {
  const std::pair<const char*, std::string> cases[] = {{"", ""},
                                                       {"/a%20b", "/a b"},
                                                       {"%41", "A"},
                                                       {"%4a%4A", "JJ"},
                                                       {"%", "%"},
                                                       {"%4", "%4"},
                                                       {"a%4", "a%4"},
                                                       {"%zz", "%zz"},
                                                       {"%4z", "%4z"},
                                                       {"%%41", "%A"},
                                                       {"%2541", "%41"},
                                                       {"a+b", "a+b"},
                                                       {"%2F%2f", "//"},
                                                       {"%e6%b8%a9", "\xe6\xb8\xa9"},
                                                       {"%00", std::string(1, '\0')},
                                                       {"%FF", "\xff"}};
  for (const auto& [from, to] : cases) EXPECT_EQ(percent_decode(from), to) << from;
  EXPECT_EQ(percent_decode("a+b%2Bc", true), "a b+c");
}

TEST(PercentDecode, KnowsWhatIsNoEscape) {
  for (const char* good : {"", "/a", "%20", "/%c3%BC/%25"}) EXPECT_TRUE(is_well_encoded(good)) << good;
  for (const char* bad : {"%", "/a%", "/a%2", "%zz", "%2z", "%%20"}) EXPECT_FALSE(is_well_encoded(bad)) << bad;
}

TEST(SplitTarget, TakesTheAbsoluteForm) {
  using Split = std::pair<std::string_view, std::string_view>;
  EXPECT_EQ(split_target("http://host:1/a/b?x=1"), Split("/a/b", "x=1"));
  EXPECT_EQ(split_target("ws://[::1]/a"), Split("/a", ""));
  EXPECT_EQ(split_target("http://host"), Split("", ""));
  EXPECT_EQ(split_target("http://host?x=1"), Split("", "x=1"));
  EXPECT_EQ(split_target("/a?u=http://host/b"), Split("/a", "u=http://host/b"));
  EXPECT_EQ(split_target("/http://host/b"), Split("/http://host/b", ""));
}

TEST(SplitTarget, AtTheFirstQuestionMark) {
  using Split = std::pair<std::string_view, std::string_view>;
  EXPECT_EQ(split_target("/a/b"), Split("/a/b", ""));
  EXPECT_EQ(split_target("/a?x=1"), Split("/a", "x=1"));
  EXPECT_EQ(split_target("/a?x=1?y"), Split("/a", "x=1?y"));
  EXPECT_EQ(split_target("?"), Split("", ""));
  EXPECT_EQ(split_target(""), Split("", ""));
}

TEST(ParseQuery, KeepsOrderDecodesAndTakesTheFirstOfRepeatedOnes) {
  EXPECT_EQ(parse_query(""), Pairs{});
  EXPECT_EQ(parse_query("b=2&a=1"), (Pairs{{"b", "2"}, {"a", "1"}}));
  EXPECT_EQ(parse_query("a=1&a=2&%61=3"), (Pairs{{"a", "1"}}));
  EXPECT_EQ(parse_query("a&b=&=c&&d"), (Pairs{{"a", ""}, {"b", ""}, {"", "c"}, {"d", ""}}));
  EXPECT_EQ(parse_query("a%20b=c+d%26e&x=1=2"), (Pairs{{"a b", "c d&e"}, {"x", "1=2"}}));
}

// A request line of 16,000 bytes is what a stranger may send.
TEST(ParseQuery, IsBoundedInTime) {
  std::string query;
  for (int i = 0; query.size() < 15'000; ++i) query += std::to_string(i) + "&";
  EXPECT_TRUE(is_quick([&] { EXPECT_GT(parse_query(query).size(), 1000U); }));
}

}  // namespace
}  // namespace ekws::core
