// A session in either role, whole and in pieces. First byte: role, how far it is, limit, compression, and whether there
// are seven more for the rest of the setup, see more(); second: how it is cut.
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

/// What its owner does to a session, behind so many bytes of the input.
struct Call {
  enum What { nothing, ping, close, reject };
  std::size_t behind;
  What what;
};

/// How the bytes are handed over.
struct Pieces {
  std::uint32_t random = 0;  ///< 0: all at once
  std::uint32_t longest = 37;
  bool in_place = false;  ///< in the room that the session offers, where it does

  std::size_t next(std::size_t size) {
    if (random == 0) return size;
    random = random * 1103515245 + 12345;
    return std::min<std::size_t>(size, 1 + (random >> 16) % longest);
  }
};

struct Setup {
  bool server;
  bool open;  ///< the handshake is done, the input is frames; else the handshake is the input's
  SessionLimits limits;
  Compression compression;
  bool afresh;                ///< the peer's messages, where that was agreed on
  std::vector<Call> calls{};  ///< in the order of their places

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
  explicit Outcome(bool may_move) : moves(may_move) {}

  Response on_request(const Request& request) override {
    requests.push_back(request.target + " " + request.host);
    return {};
  }
  void on_open() override { ++opened; }
  void on_message(bool text, std::string_view payload, Bytes* memory) override {
    promise(!ended, "no message once it was closed or rejected");
    Bytes moved;
    if (moves && memory != nullptr) moved = std::move(*memory);
    messages.emplace_back(text, payload);
  }

  const bool moves;    ///< memory of messages, where it may
  bool ended = false;  ///< by us
  std::vector<std::string> requests;
  int opened = 0;
  std::vector<std::pair<bool, std::string>> messages;
  std::string http;           ///< of the output, a server's answer
  std::vector<Frame> frames;  ///< of the output
  Session::Phase phase{};
  Error error;
};

void feed(Session& session, std::string_view bytes, Pieces& pieces) {
  while (!bytes.empty()) {
    std::size_t size = pieces.next(bytes.size());
    const Room room = pieces.in_place ? session.room() : Room{};
    if (room.size != 0) {
      size = std::min(size, room.size);
      std::copy_n(bytes.begin(), size, room.data);
      session.receive(room.data, size);
    } else {
      // Of exactly this size, so that a read behind its end is seen.
      std::vector<char> piece(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      session.receive(piece.data(), piece.size());
    }
    bytes.remove_prefix(size);
  }
}

/// As Connection does.
void call(Session& session, Call::What what, Outcome& outcome) {
  if (what == Call::ping) session.ping();
  if (what != Call::close && what != Call::reject) return;
  outcome.ended = true;
  if (session.phase() == Session::Phase::over) return;
  if (what == Call::close) return session.close(1001, "no subscriber any more");
  session.reject(1008, "too slow", {EKWS_E_FRAGMENT_TIMEOUT, "too slow; closed with 1008"});
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

Outcome run(const Setup& setup, std::string bytes, Pieces pieces) {
  Outcome outcome(pieces.in_place);
  const auto session = setup.server
                           ? Session::server(setup.limits, outcome, setup.session())
                           : Session::client(setup.limits, {"h", "/", {{"Sec-WebSocket-Protocol", "mqtt, chat"}}},
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
  auto calls = setup.calls;
  const auto head = setup.open || !setup.compression.on ? std::string::npos : bytes.find("\r\n\r\n");
  if (head != std::string::npos) {
    const auto at = std::find_if(calls.begin(), calls.end(), [&](const Call& each) { return each.behind > head + 4; });
    calls.insert(at, {head + 4, Call::nothing});
  }
  std::size_t done = 0;
  for (const Call& each : calls) {
    feed(*session, std::string_view(bytes).substr(done, each.behind - done), pieces);
    call(*session, each.what, outcome);
    done = each.behind;
  }
  feed(*session, std::string_view(bytes).substr(done), pieces);
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
    promise(payload.size() <= setup.limits.message_bytes, "messages are within the limit");
    promise(!text || is_utf8(payload), "text is UTF-8");
  }
  promise(outcome.opened <= 1 && outcome.requests.size() <= 1, "one handshake");
  promise(outcome.opened == 1 || outcome.messages.empty(), "no message before the handshake");
  if (outcome.phase == Session::Phase::over) {
    check_text(outcome.error.text);
    promise(outcome.opened == 0 || (!outcome.frames.empty() && outcome.frames.back().opcode == kClose),
            "an open session ends with a close frame");
  } else {
    promise(!outcome.error || outcome.phase == Session::Phase::closing, "no error while it goes on");
  }
}

bool same(const Outcome& a, const Outcome& b) {
  // Of two things that are wrong with a handshake either may be found first.
  if (a.opened == 0 && b.opened == 0) return a.requests == b.requests && a.phase == b.phase;
  return a.requests == b.requests && a.opened == b.opened && a.messages == b.messages && a.http == b.http &&
         a.frames == b.frames && a.phase == b.phase && a.error.code == b.error.code && a.error.text == b.error.text;
}

/// What seven bytes say of frames a message, calls, a message that is larger than the input, and how it is handed over.
void more(const std::uint8_t* data, Setup& setup, std::string& bytes, Pieces& pieces) {
  if (data[0] != 0) setup.limits.fragments = data[0];
  std::string text(data[2] * std::size_t{1024}, ' ');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(' ' + i % 89);
  bytes.insert(std::min<std::size_t>(data[1], bytes.size()), text);
  const auto behind = [&](std::size_t part) { return part * bytes.size() / 256; };
  const std::size_t first = std::min(data[3], data[4]);
  const std::size_t second = std::max(data[3], data[4]);
  setup.calls = {{behind(first), static_cast<Call::What>(data[5] & 3)},
                 {behind(second), static_cast<Call::What>(data[5] >> 2 & 3)}};
  pieces.in_place = (data[6] & 1) != 0;
  if ((data[6] & 2) != 0) pieces.longest = 64 * 1024;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  static constexpr std::uint64_t kLimits[] = {0x100000, 100, 1, 0x10000};
  static constexpr int kWindows[] = {15, 15, 10, 0};
  const int window = data[0] >> 5 & 3;
  Setup setup{(data[0] & 1) != 0,
              (data[0] & 2) != 0,
              kLimits[data[0] >> 2 & 3],
              {(data[0] & 16) != 0, kWindows[window]},
              window == 1};
  Pieces pieces{data[1] + 1U};
  const bool with_more = (data[0] & 128) != 0 && size >= 9;
  const std::size_t head = with_more ? 9 : 2;
  std::string bytes(reinterpret_cast<const char*>(data) + head, size - head);
  if (with_more) more(data + 2, setup, bytes, pieces);
  const Outcome whole = run(setup, bytes, {});
  check(setup, whole);
  // What is compressed and so long is looked at before it is whole, and when depends on the cut.
  if (setup.compression.on && bytes.size() >= 16 * 1024) return 0;
  promise(same(whole, run(setup, bytes, pieces)), "it does not matter how the bytes are handed over");
  return 0;
}
