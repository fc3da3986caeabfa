#include "args.h"

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace ekws_bench {

namespace {

constexpr std::size_t kDigits = 16;

std::string content(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::invalid_argument("--payload " + file + ": cannot be read");
  return {std::istreambuf_iterator<char>(in), {}};
}

std::size_t number(const std::string& name, const std::string& value) {
  std::size_t end = 0;
  unsigned long n = 0;
  try {
    n = std::stoul(value, &end);
  } catch (const std::exception&) {
    end = 0;
  }
  if (end == 0 || end != value.size()) throw std::invalid_argument(name + " " + value + ": a whole number is wanted");
  return n;
}

}  // namespace

Args parse_args(int argc, char** argv) {
  Args args;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--tls") {
      args.tls = true;
    } else if (name == "--binary") {
      args.binary = true;
    } else if (name == "--first") {
      args.first = true;
    } else if (i + 1 == argc) {
      throw std::invalid_argument(name + ": no such option, or its value is missing");
    } else if (name == "--port") {
      args.port = static_cast<std::uint16_t>(number(name, argv[++i]));
    } else if (name == "--path") {
      args.path = argv[++i];
    } else if (name == "--connections") {
      args.connections = number(name, argv[++i]);
    } else if (name == "--window") {
      args.window = number(name, argv[++i]);
    } else if (name == "--payload") {
      args.payload = content(argv[++i]);
    } else if (name == "--stamp") {
      args.stamp = static_cast<long>(number(name, argv[++i]));
    } else {
      throw std::invalid_argument(name + ": no such option");
    }
  }
  if (args.port == 0 || args.connections == 0 || args.window == 0 || args.payload.empty()) {
    throw std::invalid_argument("--port, --payload, and one connection or more are wanted");
  }
  if (args.stamp >= 0 && static_cast<std::size_t>(args.stamp) + kDigits > args.payload.size()) {
    throw std::invalid_argument("--stamp: 16 digits do not fit there");
  }
  return args;
}

const char* usage() {
  return R"(ekws-bench-client --port P --payload FILE [--path /p] [--connections N] [--window N] [--tls] [--binary]
                  [--stamp OFFSET] [--first]
Opens the connections to 127.0.0.1, says so, and then does what it is told on stdin, a line of JSON for each:
  send RATE SECONDS TICK_US [COUNT]   messages a second in all (0: as fast as they are taken), each tick those that are
                                      due; until that time is over, or so many have gone
Ends at the end of stdin.
)";
}

}  // namespace ekws_bench
