// Where a server listens: group, kuiper.yaml, default.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "config/kuiper_yaml.h"
#include "support.h"

namespace ekws::config {
namespace {

class ConfigListen : public testing::Test {
 protected:
  ConfigListen() {
    std::string name = (std::filesystem::temp_directory_path() / "ekws-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~ConfigListen() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& text) {
    const auto path = folder_ / "kuiper.yaml";
    std::ofstream(path) << text;
    return path.string();
  }
  std::string missing() const { return (folder_ / "none.yaml").string(); }
  const std::filesystem::path& folder() const { return folder_; }

  static std::string with_file(const std::string& file, const std::string& props) {
    return test::document(R"({"datasource":"/a")" + (props.empty() ? "" : "," + props) + "}",
                          R"("kuiperYaml":)" + test::quoted(file));
  }
  static Config listen(const std::string& file, const std::string& props = "") {
    return test::parse_text(with_file(file, props));
  }

 private:
  std::filesystem::path folder_;
};

constexpr const char* kSection = "source:\n  httpServerIp: 192.0.2.1\n  httpServerPort: 10099\n";

TEST_F(ConfigListen, DefaultsWithoutAnything) {
  const Config config = test::parse_props("");
  EXPECT_EQ(config.role, Role::server);
  EXPECT_EQ(config.listen.ip, "0.0.0.0");
  EXPECT_EQ(config.listen.port, 10081);
  EXPECT_EQ(config.listen.origin, ListenOrigin::built_in);
  EXPECT_EQ(config.listen.path, "/a");
  EXPECT_TRUE(config.warnings.empty());
}

// With one of them taken by a source, which the host opens first, it does not start any more.
TEST_F(ConfigListen, ThePortsOfTheHostItselfAreRefused) {
  const auto refused = [&](const std::string& yaml, int port, const std::string& environment = "") {
    const std::string config = test::document(R"({"datasource":"/a","httpServerPort":)" + std::to_string(port) + "}",
                                              R"("kuiperYaml":)" + test::quoted(file(yaml)) + environment);
    try {
      test::parse_text(config);
    } catch (const Failure& failure) {
      const std::string& text = failure.error().text;
      EXPECT_NE(text.find("httpServerPort"), std::string::npos) << text;
      EXPECT_NE(text.find("this one is eKuiper's own"), std::string::npos) << text;
      return true;
    }
    return false;
  };
  const std::string moved = "basic: {restPort: 9082, port: 20499}\nsource: {}\n";
  EXPECT_TRUE(refused("source: {}\n", 9081));
  EXPECT_TRUE(refused("source: {}\n", 20498));
  EXPECT_TRUE(refused(moved, 9082));
  EXPECT_TRUE(refused(moved, 20499));
  EXPECT_FALSE(refused(moved, 9081));
  EXPECT_FALSE(refused(moved, 20498));
  EXPECT_TRUE(refused(moved, 9083, R"(,"restPort":"9083")"));
  EXPECT_FALSE(refused(moved, 9082, R"(,"restPort":"9083")"));
  EXPECT_TRUE(refused(moved, 20500, R"(,"rpcPort":"20500")"));
  EXPECT_TRUE(refused("source: {httpServerPort: 9081}\n", 9081));
  EXPECT_THROW(listen(file("source: {httpServerPort: 9081}\n")), Failure) << "whoever has set it";
}

TEST_F(ConfigListen, TheGroupComesFirstThenTheFile) {
  const std::string yaml = file(kSection);
  Config config = listen(yaml);
  EXPECT_EQ(config.listen.ip, "192.0.2.1");
  EXPECT_EQ(config.listen.port, 10099);
  EXPECT_EQ(config.listen.origin, ListenOrigin::kuiper_yaml);

  config = listen(yaml, R"("httpserverport":"10082")");
  EXPECT_EQ(config.listen.ip, "192.0.2.1");
  EXPECT_EQ(config.listen.port, 10082);
  EXPECT_EQ(config.listen.origin, ListenOrigin::group);

  config = listen(yaml, R"("httpServerIp":"::1","httpServerPort":"")");
  EXPECT_EQ(config.listen.ip, "::1");
  EXPECT_EQ(config.listen.port, 10099);
  EXPECT_EQ(config.listen.origin, ListenOrigin::kuiper_yaml);
}

TEST_F(ConfigListen, KeysOfTheFileAreReadWithoutCase) {
  const Config config = listen(file("SOURCE:\n  HTTPSERVERIP: \"localhost\"\n  httpserverport: '10100'\n"));
  EXPECT_EQ(config.listen.ip, "127.0.0.1");
  EXPECT_EQ(config.listen.port, 10100);
}

TEST_F(ConfigListen, EmptyKeysOfTheFileAreLeftOut) {
  for (const char* text : {"source:\n  httpServerIp:\n  httpServerPort: ~\n", "source: {httpServerIp: null}\n",
                           "source: {httpServerIp: '', httpServerTls: {certfile: '', keyfile: }}\n"}) {
    const Config config = listen(file(text));
    EXPECT_EQ(config.listen.ip, "0.0.0.0");
    EXPECT_EQ(config.listen.port, 10081);
    EXPECT_EQ(config.listen.origin, ListenOrigin::built_in);
    EXPECT_TRUE(config.warnings.empty());
  }
}

TEST_F(ConfigListen, AFileThatCannotBeReadIsAWarning) {
  EXPECT_EQ(listen(missing()).warnings,
            std::vector<std::string>{"cannot read " + missing() + ": No such file or directory"});
  EXPECT_EQ(listen(folder().string()).warnings,
            std::vector<std::string>{"cannot read " + folder().string() + ": not a regular file"});
  const std::string fifo = (folder() / "fifo").string();
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(listen(fifo).warnings, std::vector<std::string>{"cannot read " + fifo + ": not a regular file"});
  const std::string large = file(std::string((1 << 20) + 1, '#'));
  EXPECT_EQ(listen(large).warnings, std::vector<std::string>{"cannot read " + large + ": larger than 1 MiB"});
}

TEST_F(ConfigListen, AFileThatIsNoYamlIsAWarning) {
  const std::string yaml = file("a: b\n\"unfinished\n");
  const Config config = listen(yaml);
  ASSERT_EQ(config.warnings.size(), 1U);
  EXPECT_EQ(config.warnings[0].find("cannot read " + yaml + ": it is not YAML: "), 0U) << config.warnings[0];
  EXPECT_NE(config.warnings[0].find(" in line 3"), std::string::npos) << config.warnings[0];
  EXPECT_EQ(config.listen.port, 10081);
}

TEST_F(ConfigListen, AFileWithoutTheSectionIsAWarning) {
  for (const char* text : {"", "- a\n", "basic: {}\n", "source: 5\n", "source:\n"}) {
    const std::string yaml = file(text);
    EXPECT_EQ(listen(yaml).warnings, std::vector<std::string>{yaml + " has no section \"source\""}) << text;
  }
}

TEST_F(ConfigListen, APortOfTheFileThatIsNoneIsAWarningAsInTheHost) {
  for (const char* port : {"0", "65536", "http", "1.5", "-1"}) {
    const std::string yaml = file(std::string("source: {httpServerPort: ") + port + "}\n");
    const Config config = listen(yaml);
    EXPECT_EQ(config.listen.port, 10081);
    EXPECT_EQ(config.listen.origin, ListenOrigin::built_in);
    EXPECT_EQ(config.warnings, std::vector<std::string>{std::string("httpServerPort: \"") + port + "\" in " + yaml +
                                                        " is not a port; 10081 is used"});
  }
}

TEST_F(ConfigListen, AnAddressThatIsNoneFailsWhereverItStands) {
  EXPECT_EQ(test::text_of(R"("httpServerIp":"gateway")"),
            R"(httpServerIp: "gateway" is not allowed; it must be an IP address, such as 0.0.0.0 or ::)");
  const std::string yaml = file("source: {httpServerIp: gateway}\n");
  EXPECT_EQ(test::error_of([&] { listen(yaml); }).text,
            "httpServerIp: \"gateway\" in " + yaml +
                " is not allowed; it must be an IP address, such as 0.0.0.0 "
                "or ::");
}

TEST_F(ConfigListen, AliasesAndNestingOfYamlAreHarmless) {
  const Config config = listen(file("x: &x 192.0.2.7\nsource: {httpServerIp: *x, ? [a] : b, httpServerPort: [1]}\n"));
  EXPECT_EQ(config.listen.ip, "192.0.2.7");
  EXPECT_EQ(config.listen.port, 10081);
  const Config deep = listen(file("source: " + std::string(200, '[')));
  EXPECT_EQ(deep.warnings.size(), 1U);
}

}  // namespace
}  // namespace ekws::config
