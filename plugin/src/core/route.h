// Which path a subscription listens on, and whether a request means it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ekws::core {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// A path pattern: text with variables `{name}` (one segment or part of it) or `{name:regular expression}`; the syntax
/// of gorilla/mux, which the built-in source uses. Immutable, any thread.
class Route {
 public:
  /// Throws Failure (EKWS_E_CONFIG_VALUE) when an expression in it does not compile.
  explicit Route(const std::string& pattern);
  ~Route();
  Route(const Route&) = delete;
  Route& operator=(const Route&) = delete;

  const std::string& pattern() const { return pattern_; }
  bool has_variables() const { return !names_.empty(); }

  /// The variables' values when the decoded path fits, empty otherwise. Bounded in time whatever the peer sends.
  std::optional<Pairs> match(const std::string& path) const;

 private:
  struct Expression;
  const std::string pattern_;
  std::vector<std::string> names_;
  std::unique_ptr<Expression> expression_;  ///< null: the pattern is the path
};

/// Percent-decoding (RFC 3986 section 2.1); what is not an escape stays as it is.
std::string percent_decode(std::string_view text, bool plus_is_space = false);

/// Whether every % has its two hexadecimal digits.
bool is_well_encoded(std::string_view text);

/// "/a/b?x=1" into "/a/b" and "x=1", and "http://host/a/b?x=1" as well (RFC 9112 section 3.2.2).
std::pair<std::string_view, std::string_view> split_target(std::string_view target);

/// The parameters of a query in their order, decoded; of a repeated one the first.
Pairs parse_query(std::string_view query);

}  // namespace ekws::core
