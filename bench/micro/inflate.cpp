#include <benchmark/benchmark.h>
#include <zlib.h>

#include "net/inflate.h"
#include "text.h"

namespace {

using namespace ekws;

std::string deflated(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 16, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_SYNC_FLUSH);
  out.resize(out.size() - stream.avail_out - 4);
  deflateEnd(&stream);
  return out;
}

/// Text, without context take-over, so that each message is the same.
void inflate(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const std::string message = deflated(ekws_bench::readings(size));
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
