#include "config/host_keys.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "config/table.h"
#include "config/text.h"

namespace ekws::config {
namespace {

constexpr std::string_view kHostKeys[] = {
    // always there: the options of the stream
    "datasource", "format", "key", "schemaId", "delimiter", "retainSize", "strictValidation", "timestamp",
    "timestampFormat",
    // read by the host's nodes behind the source: decompression, rate limit and merge, decoding
    "decompression", "interval", "sendInterval", "merger", "mergeField", "payloadFormat", "payloadSchemaId",
    "payloadDelimiter", "payloadField", "payloadBatchField", "concurrency", "bufferLength",
    // read by its converters
    "fields", "hasHeader", "useInt64ForWholeNumber", "colAliasMapping"};

/// What other sources call it, and what it is here.
constexpr std::pair<std::string_view, std::string_view> kElsewhere[] = {{"address", "addr"},
                                                                        {"endpoint", "addr"},
                                                                        {"host", "addr"},
                                                                        {"server", "addr"},
                                                                        {"uri", "addr"},
                                                                        {"url", "addr"},
                                                                        {"header", "requestHeader"},
                                                                        {"headers", "requestHeader"}};

/// Edit distance in which a swap of neighbours counts as one edit.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      const std::size_t replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

bool is_host_key(std::string_view name) {
  return std::any_of(std::begin(kHostKeys), std::end(kHostKeys),
                     [&](std::string_view key) { return equal_without_case(key, name); });
}

std::string_view nearest_known(std::string_view name) {
  constexpr std::size_t kLongest = 64;  // no name of ours is near to more
  if (name.size() > kLongest) return {};
  std::string_view best;
  std::size_t least = std::min<std::size_t>(2, name.size() / 3) + 1;
  const std::string given = lower(name);
  const auto consider = [&](std::string_view known, std::string_view here) {
    const std::size_t edits = distance(given, lower(known));
    if (edits < least) {
      least = edits;
      best = here;
    }
  };
  for (const auto& row : table()) consider(row.name, row.name);
  for (const auto& key : kHostKeys) consider(key, key);
  for (const auto& [there, here] : kElsewhere) consider(there, here);
  return best;
}

}  // namespace ekws::config
