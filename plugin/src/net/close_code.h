// Status codes of close frames (RFC 6455 section 7.4.1, and the registry of section 11.7).
#pragma once

#include <cstdint>

namespace ekws::net {

constexpr std::uint16_t kNormalClosure = 1000;
constexpr std::uint16_t kGoingAway = 1001;
constexpr std::uint16_t kProtocolError = 1002;
constexpr std::uint16_t kInvalidPayload = 1007;
constexpr std::uint16_t kPolicyViolation = 1008;
constexpr std::uint16_t kMessageTooBig = 1009;
constexpr std::uint16_t kTryAgainLater = 1013;

}  // namespace ekws::net
