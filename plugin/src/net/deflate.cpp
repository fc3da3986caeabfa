#include "net/deflate.h"

#include <algorithm>
#include <utility>

namespace ekws::net {

namespace {

constexpr const char* kName = "permessage-deflate";
constexpr const char* kServerNoContext = "server_no_context_takeover";
constexpr const char* kClientNoContext = "client_no_context_takeover";
constexpr const char* kServerBits = "server_max_window_bits";
constexpr const char* kClientBits = "client_max_window_bits";

constexpr int kMinWindowBits = 8;

/// Section 7.1, of an offer or a response.
struct Parameters {
  bool server_no_context = false;
  bool client_no_context = false;
  bool client_bits_given = false;  ///< with a value or, in an offer, without
  std::optional<int> server_bits;
  std::optional<int> client_bits;
};

/// Sections 7.1.2.1 and 7.1.2.2: a decimal number from 8 to 15 without leading zeros.
std::optional<int> read_bits(const std::string& value) {
  for (int bits = kMinWindowBits; bits <= Compression::kMaxWindowBits; ++bits) {
    if (value == std::to_string(bits)) return bits;
  }
  return std::nullopt;
}

/// Section 7.1: what is unknown, given twice or of an invalid value makes the whole invalid. Returns the name of such a
/// parameter.
std::string read(const Extension& extension, bool is_offer, Parameters& out) {
  for (const auto& [name, value] : extension.parameters) {
    const auto flag = [&, &given = value](bool& seen) { return !given && !std::exchange(seen, true); };
    const auto bits = [&given = value](std::optional<int>& seen) {
      const bool twice = seen.has_value();
      seen = given ? read_bits(*given) : std::nullopt;
      return !twice && seen.has_value();
    };
    bool valid = false;
    if (name == kServerNoContext) {
      valid = flag(out.server_no_context);
    } else if (name == kClientNoContext) {
      valid = flag(out.client_no_context);
    } else if (name == kServerBits) {
      valid = bits(out.server_bits);
    } else if (name == kClientBits) {
      const bool twice = std::exchange(out.client_bits_given, true);
      // Only an offer may leave the value to the server (section 7.1.2.2).
      valid = !twice && ((is_offer && !value) || bits(out.client_bits));
    }
    if (!valid) return name;
  }
  return {};
}

std::string with_bits(const char* name, int bits) { return std::string("; ") + name + "=" + std::to_string(bits); }
std::string with(const char* name) { return std::string("; ") + name; }

AcceptedOffer accept(const Compression& ours, const Parameters& offer) {
  AcceptedOffer accepted;
  Deflate& peer = accepted.peer;
  std::string& response = accepted.response;
  response = kName;
  if (offer.server_no_context) response += with(kServerNoContext);
  if (offer.server_bits) response += with_bits(kServerBits, *offer.server_bits);

  const int wanted = ours.window_bits == 0 ? Compression::kMaxWindowBits : ours.window_bits;
  peer.window_bits = offer.client_bits.value_or(Compression::kMaxWindowBits);
  if (offer.client_bits_given) {
    peer.window_bits = std::min(peer.window_bits, wanted);
    if (peer.window_bits < Compression::kMaxWindowBits) response += with_bits(kClientBits, peer.window_bits);
  }
  // A client that cannot be held to a small window (section 7.1.2.2) can still be told to start afresh each time.
  peer.context_takeover = !offer.client_no_context && ours.window_bits != 0 && peer.window_bits <= wanted;
  if (!peer.context_takeover) response += with(kClientNoContext);
  return accepted;
}

}  // namespace

std::optional<AcceptedOffer> accept_offer(const Compression& ours, const Extensions& offers) {
  if (!ours.on) return std::nullopt;
  for (const Extension& each : offers) {
    Parameters offer;
    if (each.name == kName && read(each, true, offer).empty()) return accept(ours, offer);
  }
  return std::nullopt;
}

std::string make_offer(const Compression& ours) {
  if (!ours.on) return {};
  // Both are about our own compressor: the server need not keep anything for it, and may ask what it likes.
  const std::string about_us = with(kClientNoContext) + with(kClientBits);
  const std::string without_context = kName + with(kServerNoContext) + about_us;
  if (ours.window_bits == 0) return without_context;
  if (ours.window_bits == Compression::kMaxWindowBits) return kName + about_us;
  return kName + with_bits(kServerBits, ours.window_bits) + about_us + ", " + without_context;
}

std::string check_response(const Compression& ours, const Extensions& chosen, std::optional<Deflate>& peer) {
  peer.reset();
  for (const Extension& each : chosen) {
    if (!ours.on || each.name != kName) return "an extension that was not offered: " + each.name;
    if (peer) return "permessage-deflate twice";
    Parameters response;
    const std::string invalid = read(each, false, response);
    if (!invalid.empty()) return "permessage-deflate with the parameter " + invalid + " unknown, repeated or invalid";
    peer = Deflate{!response.server_no_context, response.server_bits.value_or(Compression::kMaxWindowBits)};
    // One of the offers has to be met (sections 7.1.1.1 and 7.1.2.1).
    if (peer->context_takeover && peer->window_bits > ours.window_bits) {
      return "permessage-deflate without " +
             (ours.window_bits == 0 ? std::string(kServerNoContext)
                                    : "server_max_window_bits=" + std::to_string(ours.window_bits)) +
             ", which was asked for";
    }
  }
  return {};
}

}  // namespace ekws::net
