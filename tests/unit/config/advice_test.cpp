#include "config/advice.h"

#include <gmock/gmock.h>

#include "support.h"
#include "support/certificates.h"

namespace ekws::config {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Listen listen(std::uint16_t port, std::uint16_t data_server_port) {
  Listen made;
  made.port = port;
  made.data_server_port = data_server_port;
  return made;
}

constexpr const char* kElse =
    "; or set httpServerPort in the stream's configuration group (or in default of websocket.yaml) to a free port";
constexpr const char* kVariable = "KUIPER__SOURCE__HTTPSERVERPORT";

TEST(PortTakenAdvice, NamesTheDataServerOnlyWhereThatIs) {
  EXPECT_THAT(port_taken_advice(listen(10081, 10081), {true, ""}),
              AllOf(StartsWith(" by this eKuiper's own data server. Port 10081 is the default. Either move"),
                    HasSubstr(kVariable), EndsWith(kElse)));
  EXPECT_THAT(port_taken_advice(listen(9081, 10081), {true, ""}),
              AllOf(StartsWith(" by another part of this eKuiper process, such as its REST interface. "),
                    Not(HasSubstr(kVariable)), EndsWith(kElse)));
}

TEST(PortTakenAdvice, NamesOtherStreams) {
  EXPECT_THAT(port_taken_advice(listen(10081, 10081), {true, "127.0.0.1:10081"}),
              AllOf(StartsWith(" by other streams, which listen on 127.0.0.1:10081. "), HasSubstr("same httpServerIp"),
                    Not(HasSubstr(kVariable)), EndsWith(kElse)));
}

TEST(PortTakenAdvice, NamesAnotherProcess) {
  EXPECT_THAT(port_taken_advice(listen(10081, 10081), {false, ""}),
              AllOf(StartsWith(" by another process. "), HasSubstr("end that process"), Not(HasSubstr(kVariable))));
}

// The port is another one than the user has written: the reason must not be in the log alone.
TEST(PortTakenAdvice, SaysThatTheDefaultGroupCouldNotBeRead) {
  const ekws::test::Folder folder;
  const std::string file = folder.write("websocket.yaml", "default:\n\thttpServerPort: 10300\n");
  const auto advice = [&](const std::string& props) {
    const std::string groups = R"("websocketYaml":)" + test::quoted(file);
    return port_taken_advice(test::parse_text(test::document(props, groups)).listen, {true, ""});
  };
  EXPECT_THAT(
      advice(R"({"datasource":"/a"})"),
      AllOf(
          HasSubstr("Port 10081 is the default; the group \"default\" of websocket.yaml does not count: cannot read " +
                    file + ": it is not YAML: "),
          EndsWith(". Correct that file and start eKuiper again"), Not(HasSubstr(kVariable))));
  EXPECT_THAT(advice(R"({"datasource":"/a","httpServerPort":10301})"),
              AllOf(HasSubstr("Port 10301 is httpServerPort of the configuration group. Either"),
                    Not(HasSubstr("cannot read"))));
}

// The environment before kuiper.yaml before the host's own default.
TEST(DataServerPort, IsThatOfTheHost) {
  const ekws::test::Folder folder;
  const auto port = [&](const std::string& more) {
    return test::parse_text(test::document(R"({"datasource":"/a"})", more)).listen.data_server_port;
  };
  const std::string file =
      R"("kuiperYaml":)" + test::quoted(folder.write("kuiper.yaml", "source: {httpServerPort: 10300}\n"));
  EXPECT_EQ(port(""), 10081);
  EXPECT_EQ(port(file), 10300);
  EXPECT_EQ(port(R"("dataServerPort":"10091",)" + file), 10091);
  EXPECT_EQ(port(R"("dataServerPort":"none of that",)" + file), 10300);
}

}  // namespace
}  // namespace ekws::config
