// docs/conformance.md says what tests there are: it has to be true.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace {

std::set<std::string> tests() {
  std::set<std::string> names;
  const auto& unit = *::testing::UnitTest::GetInstance();
  for (int i = 0; i < unit.total_test_suite_count(); ++i) {
    const auto& suite = *unit.GetTestSuite(i);
    for (int j = 0; j < suite.total_test_count(); ++j) {
      names.insert(std::string(suite.name()) + "." + suite.GetTestInfo(j)->name());
    }
  }
  return names;
}

/// "Rfc6455_5_2.*ClosesOn*" as a regular expression.
std::regex pattern(const std::string& name) {
  std::string text;
  for (const char c : name) text += c == '*' ? ".*" : c == '.' ? "\\." : std::string(1, c);
  return std::regex(text);
}

TEST(ConformancePage, NamesTestsThatThereAre) {
  std::ifstream file(EKWS_CONFORMANCE_PAGE);
  std::stringstream page;
  page << file.rdbuf();
  const std::string text = page.str();
  const auto all = tests();
  const std::regex name("`(Rfc[0-9_]+\\.[A-Za-z0-9*]+)`");
  int names = 0;
  for (std::sregex_iterator found(text.begin(), text.end(), name), end; found != end; ++found, ++names) {
    const std::regex wanted = pattern((*found)[1]);
    const bool there = std::any_of(all.begin(), all.end(), [&](auto& test) { return std::regex_match(test, wanted); });
    EXPECT_TRUE(there) << (*found)[1] << " is in the page only";
  }
  EXPECT_GT(names, 40);
  std::set<std::string> sections;
  for (const std::string& test : all) sections.insert(test.substr(0, test.find('.')));
  for (const std::string& section : sections) {
    if (section.rfind("Rfc", 0) != 0) continue;
    EXPECT_NE(text.find("`" + section + "."), std::string::npos) << section << " is not in the page";
  }
}

}  // namespace
