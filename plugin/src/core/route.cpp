#include "core/route.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <unordered_set>

#include "base/ascii.h"
#include "base/error.h"
#include "config/text.h"

namespace ekws::core {

namespace {

/// Bounds what a path can cost; PCRE2's own default is ten million.
constexpr std::uint32_t kMatchLimit = 100'000;
constexpr const char* kOneSegment = "[^/]+";

/// "\Q...\E" of PCRE2, safe for any text.
std::string quoted(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && static_cast<unsigned char>(c) < 0x80) out += '\\';
    out += c;
  }
  return out;
}

/// The brace that closes the one at `open`; expressions may hold pairs of braces.
std::size_t closing_brace(const std::string& pattern, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < pattern.size(); ++i) {
    if (pattern[i] == '{') ++depth;
    if (pattern[i] == '}' && --depth == 0) return i;
  }
  throw Failure({EKWS_E_CONFIG_VALUE, "path: " + config::quote(pattern) + " has a { without its }"});
}

}  // namespace

struct Route::Expression {
  explicit Expression(const std::string& text, const std::string& pattern) {
    int code = 0;
    PCRE2_SIZE at = 0;
    compiled = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), PCRE2_ANCHORED | PCRE2_ENDANCHORED,
                             &code, &at, nullptr);
    if (compiled == nullptr) {
      std::array<PCRE2_UCHAR, 256> why{};
      pcre2_get_error_message(code, why.data(), why.size());
      throw Failure({EKWS_E_CONFIG_VALUE,
                     "path: " + config::quote(pattern) +
                         " has an expression that does not compile: " + reinterpret_cast<const char*>(why.data())});
    }
    limits = pcre2_match_context_create(nullptr);
    pcre2_set_match_limit(limits, kMatchLimit);
  }
  ~Expression() {
    pcre2_match_context_free(limits);
    pcre2_code_free(compiled);
  }
  Expression(const Expression&) = delete;
  Expression& operator=(const Expression&) = delete;

  pcre2_code* compiled = nullptr;
  pcre2_match_context* limits = nullptr;
};

Route::Route(const std::string& pattern) : pattern_(pattern) {
  std::string text;
  std::size_t at = 0;
  for (std::size_t open = pattern.find('{'); open != std::string::npos; open = pattern.find('{', at)) {
    const std::size_t close = closing_brace(pattern, open);
    const std::string variable = pattern.substr(open + 1, close - open - 1);
    const std::size_t colon = std::min(variable.find(':'), variable.size());
    const std::string expression = colon < variable.size() ? variable.substr(colon + 1) : kOneSegment;
    names_.push_back(variable.substr(0, colon));
    text += quoted(std::string_view(pattern).substr(at, open - at));
    text += "(?<v" + std::to_string(names_.size()) + ">" + expression + ")";
    at = close + 1;
  }
  if (names_.empty()) return;
  text += quoted(std::string_view(pattern).substr(at));
  expression_ = std::make_unique<Expression>(text, pattern);
}

Route::~Route() = default;

std::optional<Pairs> Route::match(const std::string& path) const {
  if (expression_ == nullptr) return path == pattern_ ? std::optional<Pairs>(Pairs{}) : std::nullopt;
  const std::unique_ptr<pcre2_match_data, void (*)(pcre2_match_data*)> found(
      pcre2_match_data_create_from_pattern(expression_->compiled, nullptr), &pcre2_match_data_free);
  if (!found || pcre2_match(expression_->compiled, reinterpret_cast<PCRE2_SPTR>(path.data()), path.size(), 0, 0,
                            found.get(), expression_->limits) <= 0) {
    return std::nullopt;
  }
  Pairs values;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    // By name: an expression may have groups of its own.
    PCRE2_UCHAR* value = nullptr;
    PCRE2_SIZE size = 0;
    const std::string group = "v" + std::to_string(i + 1);
    if (pcre2_substring_get_byname(found.get(), reinterpret_cast<PCRE2_SPTR>(group.c_str()), &value, &size) != 0) {
      continue;
    }
    values.emplace_back(names_[i], std::string(reinterpret_cast<const char*>(value), size));
    pcre2_substring_free(value);
  }
  return values;
}

std::string percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

bool is_well_encoded(std::string_view text) {
  for (std::size_t i = text.find('%'); i != std::string_view::npos; i = text.find('%', i + 1)) {
    if (i + 2 >= text.size() || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0) return false;
  }
  return true;
}

std::pair<std::string_view, std::string_view> split_target(std::string_view target) {
  if (const auto scheme = target.find("://"); scheme < target.find_first_of("/?")) {
    target.remove_prefix(std::min(target.find_first_of("/?", scheme + 3), target.size()));
  }
  const std::size_t mark = target.find('?');
  if (mark == std::string_view::npos) return {target, {}};
  return {target.substr(0, mark), target.substr(mark + 1)};
}

Pairs parse_query(std::string_view query) {
  Pairs out;
  std::unordered_set<std::string> known;  // a peer chooses how many there are
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(part.size() + 1, query.size()));
    if (part.empty()) continue;
    const std::size_t equals = std::min(part.find('='), part.size());
    std::string name = percent_decode(part.substr(0, equals), true);
    if (!known.insert(name).second) continue;
    out.emplace_back(std::move(name), percent_decode(part.substr(std::min(equals + 1, part.size())), true));
  }
  return out;
}

}  // namespace ekws::core
