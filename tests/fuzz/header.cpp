// Headers of a peer: Sec-WebSocket-Extensions and what is agreed on, Retry-After, and the shape of header lines. First
// byte: how the lines are cut; second: the window that we want.
#include <algorithm>

#include "core/retry_after.h"
#include "net/deflate.h"
#include "net/header_lines.h"
#include "target.h"

namespace {

using namespace ekws;
using fuzz::promise;

std::string written(const net::Extensions& extensions) {
  std::string text;
  for (const net::Extension& each : extensions) {
    text += (text.empty() ? "" : ", ") + each.name;
    for (const auto& [name, value] : each.parameters) text += "; " + name + (value ? "=" + *value : "");
  }
  return text;
}

void check_peer(const net::Deflate& peer, const Compression& ours) {
  promise(peer.window_bits >= 8 && peer.window_bits <= Compression::kMaxWindowBits, "a window of RFC 7692");
  promise(!peer.context_takeover || peer.window_bits <= ours.window_bits, "no more is kept than we want to");
}

void check_extensions(const std::string& header, const Compression& ours) {
  const auto parsed = net::parse_extensions(header);
  if (!parsed) return;
  const auto again = net::parse_extensions(written(*parsed));
  promise(again && written(*again) == written(*parsed), "what was read is read again when it is written");

  if (const auto accepted = net::accept_offer(ours, *parsed)) {
    check_peer(accepted->peer, ours);
    const auto answer = net::parse_extensions(accepted->response);
    promise(answer && answer->size() == 1 && answer->front().name == "permessage-deflate", "one answer");
    // A client of ours that would keep anything understands it, and the other way round.
    std::optional<net::Deflate> of_server;
    promise(net::check_response({true, Compression::kMaxWindowBits}, *answer, of_server).empty() && of_server,
            "an answer is one that a client can take");
  }
  std::optional<net::Deflate> peer;
  const std::string wrong = net::check_response(ours, *parsed, peer);
  if (!wrong.empty()) return fuzz::check_text(wrong.substr(0, 100));
  promise(peer.has_value() == !parsed->empty(), "what is taken was agreed on");
  if (peer) check_peer(*peer, ours);
}

/// How many bytes were the head's, and what was wrong with it.
std::pair<std::size_t, const char*> check_lines(std::string_view bytes, std::uint32_t cut) {
  net::HeaderLines lines;
  std::size_t taken = 0;
  while (!bytes.empty()) {
    cut = cut * 1103515245 + 12345;
    const std::size_t size = cut == 0 ? bytes.size() : std::min<std::size_t>(bytes.size(), 1 + (cut >> 16) % 37);
    if (const char* fault = lines.check(bytes.substr(0, size))) return {taken + lines.taken(), fault};
    taken += lines.taken();
    bytes.remove_prefix(size);
  }
  return {taken, nullptr};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  static constexpr int kWindows[] = {15, 10, 8, 0};
  const std::string text(reinterpret_cast<const char*>(data) + 2, size - 2);
  check_extensions(text, {true, kWindows[data[1] & 3]});

  net::HeaderLines whole;
  const char* fault = whole.check(text);
  const auto [taken, fault_in_pieces] = check_lines(text, data[0]);
  promise(fault == fault_in_pieces && whole.taken() == taken, "it does not matter how the lines are cut");
  if (fault == nullptr && whole.taken() < text.size()) {
    promise(std::string_view(text).substr(0, taken).find("\r\n\r\n") == taken - 4 || taken == 2,
            "an empty line ends them");
  }

  const auto now = std::chrono::system_clock::from_time_t(1'700'000'000);
  if (const auto wait = core::parse_retry_after(text, now)) {
    promise(wait->count() >= 0 && *wait <= core::kMaxRetryAfter, "nobody sends us away for longer");
  }
  return 0;
}
