// The property requestHeaderFile.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "config/header.h"
#include "support.h"

namespace ekws::config {
namespace {

class ConfigHeaderFile : public testing::Test {
 protected:
  ConfigHeaderFile() {
    std::string pattern = testing::TempDir() + "/ekws-headers-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~ConfigHeaderFile() override { std::filesystem::remove_all(folder_); }

  std::string path() const { return folder_ + "/headers.txt"; }
  Headers read(const std::string& text) const {
    std::ofstream(path(), std::ios::binary) << text;
    return read_header_file(path());
  }
  std::string error(const std::string& text) const {
    return test::error_of([&] { read(text); }).text;
  }

  std::string folder_;
};

TEST_F(ConfigHeaderFile, ALineIsAHeader) {
  const Headers want = {{"Authorization", "Bearer a:b"}, {"X-Site", "4"}, {"X-Site", "5"}, {"X-Empty", ""}};
  EXPECT_EQ(read("Authorization: Bearer a:b\nX-Site:4\nX-Site:\t5 \nX-Empty:\n"), want);
  EXPECT_EQ(read("# made by the agent\r\n\r\nAuthorization: Bearer a:b\r\nX-Site: 4\r\n   \r\nX-Site: 5\r\nX-Empty:"),
            want);
  EXPECT_EQ(read(""), Headers{});
}

TEST_F(ConfigHeaderFile, ErrorsNameTheLineAndShowNothingOfIt) {
  const std::string broken =
      " of " + path() + " is not allowed; it must be a header's name, a colon and its value, such as X-Site: 4";
  for (const char* line : {"secret", "sec ret: x", ": secret", " Folded: secret", "s\xc3\xa9 cret: x"}) {
    EXPECT_EQ(error(std::string("X-A: 1\n") + line), "requestHeaderFile: what stands in line 2" + broken) << line;
  }
  EXPECT_EQ(error("\nAuthorization: sec\x01ret\n"),
            "requestHeaderFile: the value of \"Authorization\" in line 2 of " + path() +
                " is not allowed; it must be text without control characters, such as line breaks");
  EXPECT_EQ(error("upgrade: secret"),
            "requestHeaderFile: \"upgrade\" in line 1 of " + path() + " is not allowed; the handshake sets it itself");
  EXPECT_EQ(error("Host: a\nHost: b"),
            "requestHeaderFile: a second \"Host\" in line 2 of " + path() + " is not allowed; it must be given once");
}

TEST_F(ConfigHeaderFile, WhatCannotBeReadIsAnError) {
  EXPECT_EQ(test::error_of([&] { read_header_file(path()); }).text,
            "requestHeaderFile: cannot read " + path() + ": No such file or directory");
  EXPECT_EQ(test::error_of([&] { read_header_file(folder_); }).text,
            "requestHeaderFile: cannot read " + folder_ + ": not a regular file");
  EXPECT_EQ(error("X: " + std::string(70'000, 'x')),
            "requestHeaderFile: cannot read " + path() + ": larger than 64 KiB");
  ASSERT_EQ(mkfifo((folder_ + "/fifo").c_str(), 0600), 0);  // nobody writes to it: it must not be waited for
  EXPECT_NE(test::error_of([&] { read_header_file(folder_ + "/fifo"); }).text, "");
}

TEST_F(ConfigHeaderFile, ANameInTheFileReplacesTheOneGiven) {
  read("authorization: new\nX-More: 1\n");
  const Headers given = {{"Authorization", "old"}, {"X-Own", "2"}, {"Authorization", "older"}};
  const Headers want = {{"authorization", "new"}, {"X-More", "1"}, {"X-Own", "2"}};
  EXPECT_EQ(with_header_file(given, path()), want);
  EXPECT_EQ(with_header_file(given, ""), given);
}

TEST_F(ConfigHeaderFile, ThePropertyIsCheckedAndRelativeToTheRoot) {
  read("X-A: 1");
  const auto config = [&](const std::string& value) {
    return test::parse_text(
        test::document(R"({"addr":"h","datasource":"/a","requestHeaderFile":)" + test::quoted(value) + "}",
                       R"("root":)" + test::quoted(folder_)));
  };
  EXPECT_EQ(config("headers.txt").dial.header_file, path());
  EXPECT_EQ(config(path()).dial.header_file, path());
  EXPECT_EQ(config("").dial.header_file, "");
  EXPECT_EQ(test::error_of([&] { config("none.txt"); }).text,
            "requestHeaderFile: cannot read " + folder_ + "/none.txt: No such file or directory");
  EXPECT_EQ(test::error_of([&] { config("a\nb"); }).text,
            R"(requestHeaderFile: "a\x0ab" is not allowed; it must be the path of a file, without control characters)");
  EXPECT_EQ(test::parse_props(R"("requestHeaderFile":"/none")").warnings.size(), 0U) << "a server has no use for it";
}

}  // namespace
}  // namespace ekws::config
