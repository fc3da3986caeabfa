// Drains a queue into memory of its own, for the tests.
#pragma once

#include <string>
#include <vector>

#include "data/batch.h"

namespace ekws::data {

struct Drained {
  std::vector<Record> records;
  ekws_drained out{};
};

/// One drain; `source` is a Queue or Events.
template <typename Source>
Drained drain(Source& source, std::size_t bytes_cap = 1U << 20U, std::size_t records_cap = 4096) {
  std::vector<char> bytes(bytes_cap);
  std::vector<ekws_record> records(records_cap);
  Batch batch(bytes.data(), bytes_cap, records.data(), records_cap);
  source.drain(batch);
  Drained drained;
  drained.out = batch.out();
  for (std::size_t i = 0; i < batch.out().records; ++i) {
    const ekws_record& r = records[i];
    drained.records.push_back(
        {r.kind, r.arg, r.connection, r.received_ns, std::string(bytes.data() + r.offset, r.length)});
  }
  return drained;
}

inline std::vector<std::string> payloads(const Drained& drained) {
  std::vector<std::string> all;
  for (const Record& record : drained.records) all.push_back(record.payload);
  return all;
}

}  // namespace ekws::data
