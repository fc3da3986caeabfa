// A session in either role, whole and in pieces. First byte: role, how far it is, limit, compression; second: how it is
// cut.
#include "net/session.h"

#include <algorithm>
#include <vector>

#include "net/frames.h"
#include "net/handshake.h"
#include "net/inflate.h"
#include "target.h"

namespace {

using namespace ekws;
using namespace ekws::fuzz;
using namespace ekws::net;

struct Setup {
  bool server;
  bool open;  ///< the handshake is done, the input is frames; else the handshake is the input's
  std::uint64_t limit;
  std::uint32_t cut;
  Compression compression;
  bool afresh;  ///< the peer's messages, where that was agreed on

  SessionCompression session() const { return {compression, std::make_shared<InflateBuffer>()}; }
  /// In the peer's handshake.
  std::string extensions() const {
    if (!compression.on) return {};
    const std::string context = afresh || compression.window_bits != 15
                                    ? std::string("; ") + (server ? "client" : "server") + "_no_context_takeover"
                                    : std::string();
    return "Sec-WebSocket-Extensions: permessage-deflate" + context + "\r\n";
  }
};

/// What came of an input.
struct Outcome : SessionHandler {
  Response on_request(const Request& request) override {
    requests.push_back(request.target + " " + request.host);
    return {};
  }
  void on_open() override { ++opened; }
  void on_message(const Received& message) override { messages.emplace_back(message.text, message.payload); }

  std::vector<std::string> requests;
  int opened = 0;
  std::vector<std::pair<bool, std::string>> messages;
  std::string http;           ///< of the output, a server's answer
  std::vector<Frame> frames;  ///< of the output
  Session::Phase phase{};
  Error error;
};

void feed(Session& session, std::string_view bytes, std::uint32_t cut) {
  while (!bytes.empty()) {
    std::size_t size = bytes.size();
    if (cut != 0) {
      cut = cut * 1103515245 + 12345;
      size = std::min<std::size_t>(size, 1 + (cut >> 16) % 37);
    }
    std::vector<char> piece(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    session.receive(piece.data(), piece.size());
    bytes.remove_prefix(size);
  }
}

std::string replace_accept(std::string bytes, const std::string& request) {
  const auto at = bytes.find("ACCEPT");
  if (at != std::string::npos) bytes.replace(at, 6, accept_for(header_value(request, "Sec-WebSocket-Key")));
  return bytes;
}

void check_output(const Setup& setup, std::string output, Outcome& outcome) {
  promise(output.size() < 16 * 1024, "what waits to be sent is bounded");
  if (setup.server && !setup.open && !output.empty()) {
    const auto end = output.find("\r\n\r\n");
    promise(end != std::string::npos && output.rfind("HTTP/1.1 ", 0) == 0, "a server answers in HTTP");
    outcome.http = output.substr(0, end + 4);
    if (outcome.http.rfind("HTTP/1.1 101", 0) == 0) output.erase(0, end + 4);
    if (outcome.http.rfind("HTTP/1.1 101", 0) != 0) return;
  }
  outcome.frames = decode(std::move(output), !setup.server);
  for (const Frame& frame : outcome.frames) {
    promise(frame.fin && frame.rsv == 0 && frame.opcode >= kClose && frame.payload.size() <= 125, "RFC 6455 5.5");
    if (frame.opcode != kClose || frame.payload.empty()) continue;
    const int code = close_code(frame);
    promise(code >= 1000 && code != 1005 && code != 1006 && code != 1015, "RFC 6455 7.4");
    promise(is_utf8(std::string_view(frame.payload).substr(2)), "a close reason is UTF-8");
    promise(&frame == &outcome.frames.back(), "nothing follows a close frame");
  }
}

Outcome run(const Setup& setup, std::string bytes, std::uint32_t cut) {
  Outcome outcome;
  const auto session = setup.server
                           ? Session::server(setup.limit, outcome, setup.session())
                           : Session::client(setup.limit, {"h", "/", {{"Sec-WebSocket-Protocol", "mqtt, chat"}}},
                                             outcome, setup.session());
  const std::string sent = session->take_output();
  if (setup.open) {
    std::string handshake = setup.server ? request("GET /chat HTTP/1.1", kUpgradeHeaders + setup.extensions())
                                         : response(sent, setup.extensions());
    session->receive(handshake.data(), handshake.size());
    session->take_output();
  } else if (!setup.server) {
    bytes = replace_accept(std::move(bytes), sent);
  }
  // Who sends frames along with its request is not granted compression: there the cut does matter.
  const auto head = setup.open || !setup.compression.on ? std::string::npos : bytes.find("\r\n\r\n");
  if (head != std::string::npos) {
    feed(*session, std::string_view(bytes).substr(0, head + 4), cut);
    bytes.erase(0, head + 4);
  }
  feed(*session, bytes, cut);
  outcome.phase = session->phase();
  outcome.error = session->error();
  check_output(setup, session->take_output(), outcome);
  session->receive_end();
  promise(session->phase() == Session::Phase::over, "the peer's end is the end");
  check_text(session->error().text);
  return outcome;
}

void check(const Setup& setup, const Outcome& outcome) {
  for (const auto& [text, payload] : outcome.messages) {
    promise(payload.size() <= setup.limit, "messages are within the limit");
    promise(!text || is_utf8(payload), "text is UTF-8");
  }
  promise(outcome.opened <= 1 && outcome.requests.size() <= 1, "one handshake");
  promise(outcome.opened == 1 || outcome.messages.empty(), "no message before the handshake");
  if (outcome.phase == Session::Phase::over) {
    check_text(outcome.error.text);
    promise(outcome.opened == 0 || (!outcome.frames.empty() && outcome.frames.back().opcode == kClose),
            "an open session ends with a close frame");
  } else {
    promise(!outcome.error, "no error while it goes on");
  }
}

bool same(const Outcome& a, const Outcome& b) {
  // Of two things that are wrong with a handshake either may be found first.
  if (a.opened == 0 && b.opened == 0) return a.requests == b.requests && a.phase == b.phase;
  return a.requests == b.requests && a.opened == b.opened && a.messages == b.messages && a.http == b.http &&
         a.frames == b.frames && a.phase == b.phase && a.error.code == b.error.code && a.error.text == b.error.text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  static constexpr std::uint64_t kLimits[] = {0x100000, 100, 1, 0x10000};
  static constexpr int kWindows[] = {15, 15, 10, 0};
  const int window = data[0] >> 5 & 3;
  const Setup setup{(data[0] & 1) != 0,
                    (data[0] & 2) != 0,
                    kLimits[data[0] >> 2 & 3],
                    data[1] + 1U,
                    {(data[0] & 16) != 0, kWindows[window]},
                    window == 1};
  const std::string bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Outcome whole = run(setup, bytes, 0);
  check(setup, whole);
  // What is compressed and so long is looked at before it is whole, and when depends on the cut.
  if (setup.compression.on && bytes.size() >= 16 * 1024) return 0;
  promise(same(whole, run(setup, bytes, setup.cut)), "it does not matter how the bytes are cut");
  return 0;
}
