// Unmasking, UTF-8, frames.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/utf8_validator.h"
#include "net/frame_reader.h"
#include "net/unmask.h"
#include "text.h"

namespace {

using namespace ekws;

constexpr std::array<char, 4> kKey = {'\x37', '\xfa', '\x21', '\x3d'};

void bytes_of(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes));
}

void unmask(benchmark::State& state) {
  std::string text = ekws_bench::readings(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(net::unmask(text.data(), text.size(), kKey, 0));
  bytes_of(state, text.size());
}
BENCHMARK(unmask)->Arg(92)->Arg(1024)->Arg(65536);

void utf8(benchmark::State& state, std::string (*make)(std::size_t)) {
  const std::string text = make(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(Utf8Validator().feed(text.data(), text.size()));
  bytes_of(state, text.size());
}
BENCHMARK_CAPTURE(utf8, ascii, ekws_bench::readings)->Arg(92)->Arg(1024)->Arg(65536);
BENCHMARK_CAPTURE(utf8, mixed, ekws_bench::words)->Arg(92)->Arg(1024)->Arg(65536);

/// Masked, of one size, as many as a read holds.
void frames(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  std::string frame = "\x81";
  frame += static_cast<char>(0x80 | (size < 126 ? size : 126));
  if (size >= 126) {
    frame += static_cast<char>(size >> 8U);
    frame += static_cast<char>(size);
  }
  frame.append(kKey.data(), kKey.size());
  const std::string text = ekws_bench::readings(size);
  for (std::size_t i = 0; i < size; ++i) frame += static_cast<char>(text[i] ^ kKey[i % 4]);
  std::string all;
  while (all.size() + frame.size() <= 64 * 1024) all += frame;
  std::vector<char> buffer(all.size());
  net::FrameReader reader({true, 1U << 20U, 1000}, nullptr);
  for (auto _ : state) {
    std::memcpy(buffer.data(), all.data(), all.size());  // they are unmasked in place
    char* data = buffer.data();
    while (reader.read(data, buffer.data() + buffer.size()) == net::FrameReader::Result::message) {
      benchmark::DoNotOptimize(reader.payload().data());
    }
  }
  bytes_of(state, all.size());
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * (all.size() / frame.size())));
}
BENCHMARK(frames)->Arg(92)->Arg(1024)->Arg(16384);

}  // namespace

BENCHMARK_MAIN();
