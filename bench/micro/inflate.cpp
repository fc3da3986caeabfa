#include "net/inflate.h"
#include <benchmark/benchmark.h>
#include "../deflated.h"
#include "text.h"

namespace {

using namespace ekws;

/// Text, without context take-over, so that each message is the same.
void inflate(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const std::string message = ekws_bench::deflated(ekws_bench::readings(size));
  net::Inflater inflater({false, 15}, std::make_shared<net::InflateBuffer>());
  const auto pool = std::make_shared<BytesPool>();
  for (auto _ : state) {
    Bytes out(pool);
    if (inflater.inflate(message, true, 1U << 20U, out) != net::Inflated::done) state.SkipWithError("not inflated");
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * size));
}
BENCHMARK(inflate)->Arg(92)->Arg(1024)->Arg(65536);

}  // namespace
