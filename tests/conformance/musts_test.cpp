// docs/conformance.md says what tests there are: it has to be true.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

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

/// Whether `name` fits a pattern such as "Rfc6455_5_2.*ClosesOn*".
bool fits(std::string_view name, std::string_view pattern) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*') return fits(name, pattern.substr(1)) || (!name.empty() && fits(name.substr(1), pattern));
  return !name.empty() && name[0] == pattern[0] && fits(name.substr(1), pattern.substr(1));
}

/// What stands in the page like this: `Rfc6455_5_2.*ClosesOn*`
std::vector<std::string> named(const std::string& page) {
  std::vector<std::string> names;
  for (auto at = page.find("`Rfc"); at != std::string::npos; at = page.find("`Rfc", at + 1)) {
    names.push_back(page.substr(at + 1, page.find('`', at + 1) - at - 1));
  }
  return names;
}

TEST(ConformancePage, NamesTestsThatThereAre) {
  std::ifstream file(EKWS_CONFORMANCE_PAGE);
  std::stringstream page;
  page << file.rdbuf();
  const std::string text = page.str();
  const auto all = tests();
  const auto names = named(text);
  for (const std::string& name : names) {
    EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](auto& test) { return fits(test, name); }))
        << name << " is in the page only";
  }
  EXPECT_GT(names.size(), 40U);
  std::set<std::string> sections;
  for (const std::string& test : all) sections.insert(test.substr(0, test.find('.')));
  for (const std::string& section : sections) {
    if (section.rfind("Rfc", 0) != 0) continue;
    EXPECT_NE(text.find("`" + section + "."), std::string::npos) << section << " is not in the page";
  }
}

}  // namespace
