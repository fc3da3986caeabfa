#include "core/seldom.h"

#include <iterator>
#include <utility>

namespace ekws::core {

std::optional<std::string> Seldom::tell(const std::string& cause, Clock::time_point now) {
  if (causes_.count(cause) == 0 && causes_.size() >= kMostCauses) forget_old(now);
  const bool known = causes_.count(cause) != 0 || causes_.size() < kMostCauses;
  Cause& entry = causes_[known ? cause : std::string()];
  if (now < entry.next) {
    ++entry.untold;
    return std::nullopt;
  }
  entry.next = now + kApart;
  const std::uint64_t untold = std::exchange(entry.untold, 0);
  if (untold == 0) return std::string();
  return "; " + std::to_string(untold) + " more " + (known ? "of the same" : "of various causes") +
         " since this was last told, at debug level";
}

void Seldom::forget_old(Clock::time_point now) {
  for (auto at = causes_.begin(); at != causes_.end();) {
    const bool old = at->second.next <= now && !at->first.empty();  // that one counts for many
    at = old ? causes_.erase(at) : std::next(at);
  }
}

}  // namespace ekws::core
