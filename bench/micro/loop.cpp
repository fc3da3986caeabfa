// What each micro benchmark is held against, as loop/<its name>: a plain loop over the same bytes, so that the ratio
// says something on any machine.
#include <benchmark/benchmark.h>

#include <cstring>
#include <vector>

#include "guard/reference.h"
#include "text.h"

using ekws_guard::xor_words;

namespace {

constexpr std::size_t kFrames = 64 * 1024;  // a quarter of what a read holds
constexpr std::size_t kRecords = 256;       // that are queued together

void bytes_of(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes));
}

void one_text(benchmark::State& state, std::string (*make)(std::size_t)) {
  std::string text = make(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(xor_words(text.data(), text.size()));
  bytes_of(state, text.size());
}
BENCHMARK_CAPTURE(one_text, unmask, ekws_bench::readings)->Name("loop/unmask")->Arg(92)->Arg(1024)->Arg(65536);
BENCHMARK_CAPTURE(one_text, ascii, ekws_bench::readings)->Name("loop/utf8/ascii")->Arg(92)->Arg(1024)->Arg(65536);
BENCHMARK_CAPTURE(one_text, mixed, ekws_bench::words)->Name("loop/utf8/mixed")->Arg(92)->Arg(1024)->Arg(65536);
BENCHMARK_CAPTURE(one_text, shape, ekws_bench::object)->Name("loop/shape")->Arg(92)->Arg(1024)->Arg(4096);
BENCHMARK_CAPTURE(one_text, inflate, ekws_bench::readings)->Name("loop/inflate")->Arg(92)->Arg(1024)->Arg(65536);

void many_frames(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const std::size_t count = kFrames / (size + (size < 126 ? 6 : 8));
  std::vector<char> memory(count * size, 'x');
  for (auto _ : state) {
    for (std::size_t i = 0; i < count; ++i) benchmark::DoNotOptimize(xor_words(memory.data() + i * size, size));
  }
  bytes_of(state, count * size);
}
BENCHMARK(many_frames)->Name("loop/frames")->Arg(92)->Arg(1024)->Arg(16384);

/// A queue copies in, its drain copies out.
void copies(benchmark::State& state, bool twice) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const std::string text = ekws_bench::readings(size);
  std::vector<char> queue(kRecords * size);
  std::vector<char> out(64 * 1024);
  const std::size_t room = out.size() / size;
  for (auto _ : state) {
    for (std::size_t i = 0; i < kRecords; ++i) std::memcpy(queue.data() + i * size, text.data(), size);
    benchmark::ClobberMemory();
    for (std::size_t i = 0; twice && i < kRecords; ++i) {
      std::memcpy(out.data() + i % room * size, queue.data() + i * size, size);
    }
    benchmark::ClobberMemory();
  }
  bytes_of(state, kRecords * size);
}
BENCHMARK_CAPTURE(copies, queue, false)->Name("loop/queue")->Arg(92)->Arg(1024);
BENCHMARK_CAPTURE(copies, drain, false)->Name("loop/drain")->Arg(92)->Arg(1024);
BENCHMARK_CAPTURE(copies, both, true)->Name("loop/queue_and_drain")->Arg(92)->Arg(1024)->Arg(16384);

}  // namespace
