// The queue alone, and together with the drain; on one thread.
#include <benchmark/benchmark.h>

#include <vector>

#include "data/queue.h"
#include "text.h"

namespace {

using namespace ekws;

constexpr std::uint64_t kMany = 1U << 30U;
constexpr std::size_t kRecords = 256;

void drain_all(data::Queue& queue, std::vector<char>& bytes, std::vector<ekws_record>& records) {
  for (std::uint64_t more = 1; more != 0;) {
    data::Batch batch(bytes.data(), bytes.size(), records.data(), records.size());
    queue.drain(batch);
    more = batch.out().more;
  }
}

void run(benchmark::State& state, bool drain_counts) {
  const std::string text = ekws_bench::readings(static_cast<std::size_t>(state.range(0)));
  data::Queue queue(kMany, kMany, [] {});
  std::vector<char> bytes(64 * 1024);
  std::vector<ekws_record> records(kRecords);
  for (auto _ : state) {
    if (!drain_counts) {
      state.PauseTiming();
      drain_all(queue, bytes, records);
      state.ResumeTiming();
    }
    for (std::size_t i = 0; i < kRecords; ++i) queue.push({EKWS_TEXT, 0, 1, 1, text});
    queue.flush();
    if (drain_counts) drain_all(queue, bytes, records);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kRecords));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * kRecords * text.size()));
}

void queue(benchmark::State& state) { run(state, false); }
BENCHMARK(queue)->Arg(92)->Arg(1024);

void queue_and_drain(benchmark::State& state) { run(state, true); }
BENCHMARK(queue_and_drain)->Arg(92)->Arg(1024)->Arg(16384);

}  // namespace
