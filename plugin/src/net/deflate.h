// permessage-deflate (RFC 7692): what is offered, accepted and agreed on. We compress nothing ourselves, so whatever a
// peer asks of our compressor is granted; what matters is what the peer's does, and how much we have to keep for it.
#pragma once

#include <optional>
#include <string>

#include "base/compression.h"
#include "net/extensions.h"

namespace ekws::net {

/// How the peer compresses.
struct Deflate {
  bool context_takeover = true;  ///< a message may refer to what earlier ones held
  int window_bits = Compression::kMaxWindowBits;
};

/// Server: the answer to the first offer that can be accepted.
struct AcceptedOffer {
  Deflate peer;
  std::string response;  ///< for the header Sec-WebSocket-Extensions
};

/// Nothing where there is no such offer: then the connection goes on without the extension (section 5).
std::optional<AcceptedOffer> accept_offer(const Compression& ours, const Extensions& offers);

/// Client: what to offer, in the order of preference, for the same header; empty where compression is off.
std::string make_offer(const Compression& ours);

/// Client: takes the server's choice. Returns what is wrong with it, in which case the connection has to be failed
/// (section 5); `peer` is empty where the server declined.
std::string check_response(const Compression& ours, const Extensions& chosen, std::optional<Deflate>& peer);

}  // namespace ekws::net
