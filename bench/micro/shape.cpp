// The look at a message before it may be joined with its neighbours.
#include <benchmark/benchmark.h>

#include "base/json_shape.h"
#include "text.h"

namespace {

using namespace ekws;

void shape(benchmark::State& state) {
  const std::string text = ekws_bench::object(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    if (shape_of(text, true) != JsonShape::object) state.SkipWithError("not an object");
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK(shape)->Arg(92)->Arg(1024)->Arg(4096);

}  // namespace
