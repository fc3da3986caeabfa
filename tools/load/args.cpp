#include "args.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <functional>
#include <map>

namespace ekws_load {
namespace {

uint64_t to_count(const std::string& name, const std::string& value, uint64_t min, uint64_t max) {
  uint64_t number = 0;
  const char* end = value.data() + value.size();
  auto [stop, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc() || stop != end || number < min || number > max) {
    throw BadArgs(name + " " + value + ": a whole number from " + std::to_string(min) + " to " + std::to_string(max) +
                  " is wanted");
  }
  return number;
}

double to_amount(const std::string& name, const std::string& value) {
  char* end = nullptr;
  double number = std::strtod(value.c_str(), &end);
  if (value.empty() || *end != '\0' || !(number > 0) || number > 1e12) {
    throw BadArgs(name + " " + value + ": a number greater than 0 is wanted");
  }
  return number;
}

PayloadKind to_payload(const std::string& value) {
  if (value == "sensor") return PayloadKind::sensor;
  if (value == "seq") return PayloadKind::seq;
  if (value == "fixed") return PayloadKind::fixed;
  throw BadArgs("--payload " + value + ": sensor, seq or fixed is wanted");
}

/// Splits "host:port" or "[v6]:port".
void to_address(const std::string& name, const std::string& value, uint64_t min_port, Args& args) {
  size_t colon = value.rfind(':');
  if (colon == std::string::npos || colon == 0) {
    throw BadArgs(name + " " + value + ": host:port is wanted, [host]:port for IPv6");
  }
  args.host = value.substr(0, colon);
  if (args.host.size() > 2 && args.host.front() == '[' && args.host.back() == ']') {
    args.host = args.host.substr(1, args.host.size() - 2);
  }
  args.port = static_cast<uint16_t>(to_count(name + ": port", value.substr(colon + 1), min_port, 65535));
}

void to_url(const std::string& value, Args& args) {
  const std::string scheme = "ws://";
  if (value.compare(0, scheme.size(), scheme) != 0) {
    throw BadArgs("--url " + value + ": ws://host:port/path is wanted");
  }
  std::string rest = value.substr(scheme.size());
  size_t slash = rest.find_first_of("/?");
  args.target = slash == std::string::npos ? "/" : rest.substr(slash);
  if (args.target.front() == '?') args.target.insert(0, "/");
  std::string address = rest.substr(0, slash);
  if (address.find(':') == std::string::npos) address += ":80";
  to_address("--url", address, 1, args);
}

using Setter = std::function<void(const std::string& name, const std::string& value, Args& args)>;

const std::map<std::string, Setter>& common_options() {
  constexpr uint64_t many = UINT64_C(1) << 53;  // what JSON readers keep exact
  static const std::map<std::string, Setter> options = {
      {"--messages", [](auto& n, auto& v, Args& a) { a.messages = to_count(n, v, 1, many); }},
      {"--seconds", [](auto& n, auto& v, Args& a) { a.seconds = to_amount(n, v); }},
      {"--rate", [](auto& n, auto& v, Args& a) { a.rate = to_amount(n, v); }},
      {"--size", [](auto& n, auto& v, Args& a) { a.size = to_count(n, v, 1, UINT64_C(1) << 30); }},
      {"--payload", [](auto&, auto& v, Args& a) { a.payload = to_payload(v); }},
      {"--fragment", [](auto& n, auto& v, Args& a) { a.fragment = to_count(n, v, 1, UINT64_C(1) << 30); }},
      {"--first", [](auto& n, auto& v, Args& a) { a.first = to_count(n, v, 0, many); }},
      {"--seed", [](auto& n, auto& v, Args& a) { a.seed = static_cast<uint32_t>(to_count(n, v, 0, UINT32_MAX)); }},
      {"--close-timeout", [](auto& n, auto& v, Args& a) { a.close_timeout = to_amount(n, v); }},
  };
  return options;
}

const std::map<std::string, Setter>& client_options() {
  static const std::map<std::string, Setter> options = {
      {"--url", [](auto&, auto& v, Args& a) { to_url(v, a); }},
      {"--connections", [](auto& n, auto& v, Args& a) { a.connections = to_count(n, v, 1, 100000); }},
      {"--wait", [](auto& n, auto& v, Args& a) { a.wait = to_amount(n, v); }},
  };
  return options;
}

const std::map<std::string, Setter>& server_options() {
  static const std::map<std::string, Setter> options = {
      {"--listen", [](auto& n, auto& v, Args& a) { to_address(n, v, 0, a); }},
      {"--path",
       [](auto&, auto& v, Args& a) {
         if (v.empty() || v.front() != '/') throw BadArgs("--path " + v + ": must start with /");
         a.target = v;
       }},
      {"--clients", [](auto& n, auto& v, Args& a) { a.clients = to_count(n, v, 1, 100000); }},
  };
  return options;
}

bool asks_for_help(const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(), [](auto& word) { return word == "--help" || word == "-h"; });
}

const Setter* find(const std::map<std::string, Setter>& options, const std::string& name) {
  auto it = options.find(name);
  return it == options.end() ? nullptr : &it->second;
}

}  // namespace

Args parse_args(const std::vector<std::string>& words) {
  Args args;
  if (words.empty()) throw BadArgs("client or server is wanted first");
  // Wherever it stands: no value of an option reads like this.
  if (words[0] == "help" || asks_for_help(words)) return args;
  if (words[0] != "client" && words[0] != "server") throw BadArgs(words[0] + ": client or server is wanted first");
  args.mode = words[0] == "client" ? Mode::client : Mode::server;
  const auto& own = args.mode == Mode::client ? client_options() : server_options();

  for (size_t i = 1; i < words.size(); i++) {
    const std::string& name = words[i];
    if (name == "--text" || name == "--binary") {
      args.binary = name == "--binary";
      continue;
    }
    if (name == "--hold") {
      args.hold = true;
      continue;
    }
    const Setter* set = find(own, name);
    if (set == nullptr) set = find(common_options(), name);
    if (set == nullptr) throw BadArgs(name + ": no option of " + words[0]);
    if (i + 1 == words.size()) throw BadArgs(name + ": a value is wanted");
    (*set)(name, words[++i], args);
  }
  if (args.host.empty()) {
    throw BadArgs(args.mode == Mode::client ? "--url ws://host:port/path is wanted" : "--listen host:port is wanted");
  }
  return args;
}

const char* usage() {
  return R"(ekws-load: WebSocket traffic of a simulated sensor fleet

  ekws-load client --url ws://HOST:PORT/PATH   dial and send
      --connections N     spread the messages over N connections (1)
      --wait S            go on dialling for S seconds (0)
  ekws-load server --listen HOST:PORT          accept, send all messages to each peer; port 0 = any free one
      --path /PATH        serve this path only (any)
      --clients N         begin when N peers are there (1); with --messages or --seconds no others are served then

  --messages N        stop after N messages (a server: N to each peer)
  --seconds S         stop after S seconds; with neither, go on until SIGINT or SIGTERM
  --rate R            messages a second in all (as fast as the peer takes them)
  --payload KIND      sensor, seq, fixed (sensor)
  --size BYTES        pad messages to that
  --text, --binary    kind of frame; the bytes are the same (text)
  --fragment BYTES    cut messages into frames of that
  --first N           sequence number of the first message (1)
  --seed N            of the simulated readings (1)
  --hold              when all connections are there, say {"ready":N} and begin on SIGUSR1
  --close-timeout S   wait that long at the end for the peer to take all and close (30)

Lines of JSON on stdout: a server's address, progress each second, the sum. Exit status 0: all was sent, and each
peer answered the closing handshake. 1: no (why is on stderr). 2: the command line is wrong.
)";
}

}  // namespace ekws_load
