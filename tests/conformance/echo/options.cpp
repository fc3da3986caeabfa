#include "echo/options.h"

#include <charconv>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "config/address.h"
#include "config/path.h"

namespace ekws::echo {

namespace {

[[noreturn]] void refuse(const std::string& text) { throw Failure({EKWS_E_CONFIG_VALUE, text}); }

template <typename Number>
Number number(const std::string& option, std::string_view text, Number least) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least) {
    refuse(option + ": \"" + std::string(text) + "\" is not a number that is allowed here");
  }
  return value;
}

Listen read_listen(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const std::string ip = config::listen_ip(text.substr(0, colon));
  if (colon == std::string::npos || colon == 0 || ip.empty()) {
    refuse("--listen: \"" + text + "\" is not an IP address and a port, such as 127.0.0.1:0 or [::1]:9001");
  }
  return {ip, number<std::uint16_t>("--listen", std::string_view(text).substr(colon + 1), 0)};
}

Connect read_connect(const std::string& url, bool& tls) {
  config::Address address = config::parse_address(url);
  if (address.scheme.empty()) refuse("--connect: \"" + url + "\" has no scheme, such as ws://127.0.0.1:9001/");
  tls = address.scheme == "wss";
  if (address.port == 0) address.port = tls ? 443 : 80;
  std::vector<std::string> ignored;
  const std::string path = address.path.empty() ? "/" : address.path;
  return {address.host, address.port, config::client_target("--connect", path, ignored)};
}

std::string absolute(const std::string& path) { return std::filesystem::absolute(path).string(); }

/// TLS is on where it was asked for: what was given for it and is of no use would deceive.
void settle_tls(Options& options, TlsOptions given, bool wss) {
  const bool wanted = options.listen ? given.certificate.given() : wss;
  if (!wanted && (given.certificate.given() || given.ca.given())) {
    refuse(options.listen ? "--ca: needs --tls" : "--tls and --ca: need a URL with wss://");
  }
  if (!wanted) return;
  given.server = options.listen.has_value();
  if (given.server && given.ca.given()) given.client_auth = ClientAuth::need;
  options.tls = std::move(given);
}

}  // namespace

const char* const kUsage =
    "usage: ekws-echo --listen IP:PORT [OPTION]...   echoes to everyone, prints the address it listens on\n"
    "       ekws-echo --connect URL [OPTION]...      echoes on one connection, ends with it\n"
    "  --max-message-bytes N   larger messages are answered with close code 1009; 16777216 unless given\n"
    "  --tls CERT KEY          PEM files: serves over TLS; a client (wss://) shows them to the server\n"
    "  --ca FILE               who is trusted; a server then asks its clients for a certificate\n"
    "  --compression           permessage-deflate, if the peer agrees; what is sent back is not compressed\n";

Options read_options(const std::vector<std::string>& arguments) {
  Options options;
  TlsOptions tls;
  bool wss = false;
  auto at = arguments.begin();
  const auto value = [&](const std::string& option) {
    if (at == arguments.end()) refuse(option + ": a value is missing");
    return *at++;
  };
  while (at != arguments.end()) {
    const std::string option = *at++;
    if (option == "--listen") {
      options.listen = read_listen(value(option));
    } else if (option == "--connect") {
      options.connect = read_connect(value(option), wss);
    } else if (option == "--max-message-bytes") {
      options.max_message_bytes = number<std::uint64_t>(option, value(option), 1);
    } else if (option == "--tls") {
      tls.certificate = {"--tls CERT", absolute(value(option)), {}};
      tls.key = {"--tls KEY", absolute(value(option)), {}};
    } else if (option == "--ca") {
      tls.ca = {option, absolute(value(option)), {}};
    } else if (option == "--compression") {
      options.compression.on = true;
    } else {
      refuse("\"" + option + "\" is no option");
    }
  }
  if (options.listen.has_value() == options.connect.has_value()) refuse("either --listen or --connect has to be given");
  settle_tls(options, std::move(tls), wss);
  return options;
}

}  // namespace ekws::echo
