// The queue, the drain, and both together; on one thread.
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

void push_all(data::Queue& queue, const std::string& text) {
  for (std::size_t i = 0; i < kRecords; ++i) queue.push({EKWS_TEXT, 0, 1, 1, text});
  queue.flush();
}

void run(benchmark::State& state, bool push_counts, bool drain_counts) {
  const std::string text = ekws_bench::readings(static_cast<std::size_t>(state.range(0)));
  data::Wakeups wakeups;
  data::Wakeup wakeup(wakeups, {});
  data::Queue queue(kMany, kMany, wakeup, [] {});
  std::vector<char> bytes(64 * 1024);
  std::vector<ekws_record> records(kRecords);
  const auto part = [&state](bool counts, const auto& work) {
    if (!counts) state.PauseTiming();
    work();
    if (!counts) state.ResumeTiming();
  };
  for (auto _ : state) {
    part(push_counts, [&] { push_all(queue, text); });
    part(drain_counts, [&] { drain_all(queue, bytes, records); });
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kRecords));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * kRecords * text.size()));
}

void queue(benchmark::State& state) { run(state, true, false); }
BENCHMARK(queue)->Arg(92)->Arg(1024);

void drain(benchmark::State& state) { run(state, false, true); }
BENCHMARK(drain)->Arg(92)->Arg(1024);

void queue_and_drain(benchmark::State& state) { run(state, true, true); }
BENCHMARK(queue_and_drain)->Arg(92)->Arg(1024)->Arg(16384);

}  // namespace
