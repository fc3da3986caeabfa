// The C ABI: arguments checked, exceptions caught, everything else in core/.
#include "ekws/ekws.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <new>
#include <string>

#include "base/error.h"
#include "base/utf8.h"
#include "config/config.h"
#include "core/build_info.h"
#include "core/runtime.h"

namespace {

using ekws::Error;
using ekws::Failure;
using ekws::core::Runtime;
using ekws::core::SubscriptionPtr;

void fill(ekws_error* out, int code, const char* text, std::size_t size) noexcept {
  if (out == nullptr) return;
  const std::size_t length = ekws::cut_utf8({text, size}, EKWS_ERROR_TEXT_MAX - 1).size();
  out->code = code;
  out->text_len = static_cast<std::uint32_t>(length);
  std::memcpy(out->text, text, length);
  out->text[length] = '\0';
}

int fill(ekws_error* out, int code, const char* text) noexcept {
  fill(out, code, text, std::strlen(text));
  return code;
}

/// Every entry runs in here: what `body` returns or throws becomes the code and the error.
template <typename Body>
int guard(ekws_error* err, Body body) noexcept {
  try {
    const Error error = body();
    fill(err, error.code, error.text.data(), error.text.size());
    return error.code;
  } catch (const Failure& failure) {
    fill(err, failure.error().code, failure.what(), std::strlen(failure.what()));
    return failure.error().code;
  } catch (const std::bad_alloc&) {
    return fill(err, EKWS_E_MEMORY, "out of memory");
  } catch (const std::exception& e) {
    return fill(err, EKWS_E_INTERNAL, e.what());
  } catch (...) {
    return fill(err, EKWS_E_INTERNAL, "unknown exception");
  }
}

Error bad_argument(const char* what) { return {EKWS_E_ARGUMENT, what}; }

SubscriptionPtr find(ekws_subscription handle) {
  auto found = Runtime::instance().find(handle.id);
  if (!found) throw Failure({EKWS_E_CLOSED, "the subscription is closed"});
  return found;
}

/// Marks a channel as being drained.
class Draining {
 public:
  Draining(ekws::core::Subscription& subscription, int channel) : subscription_(subscription), channel_(channel) {
    if (!subscription_.begin_drain(channel_)) {
      throw Failure({EKWS_E_BUSY, "another thread is draining this channel"});
    }
  }
  ~Draining() { subscription_.end_drain(channel_); }
  Draining(const Draining&) = delete;
  Draining& operator=(const Draining&) = delete;

 private:
  ekws::core::Subscription& subscription_;
  int channel_;
};

bool is_channel(int channel) { return channel == EKWS_CHANNEL_DATA || channel == EKWS_CHANNEL_EVENTS; }

}  // namespace

extern "C" {

uint32_t ekws_abi_version(void) { return EKWS_ABI_VERSION; }

const char* ekws_build_info(void) { return ekws::core::build_info(); }

int32_t ekws_create(const char* config, size_t config_len, ekws_subscription* out, ekws_error* err) {
  return guard(err, [&]() -> Error {
    if (config == nullptr) return bad_argument("config is NULL");
    if (out == nullptr) return bad_argument("out is NULL");
    out->id = Runtime::instance().create(ekws::config::parse(config, config_len));
    return {};
  });
}

int32_t ekws_start(ekws_subscription sub, ekws_error* err) {
  return guard(err, [&] { return Runtime::instance().start(find(sub)); });
}

int32_t ekws_drain(ekws_subscription sub, int32_t channel, void* bytes, size_t bytes_cap, ekws_record* records,
                   size_t records_cap, ekws_drained* out, ekws_error* err) {
  return guard(err, [&]() -> Error {
    if (out == nullptr) return bad_argument("out is NULL");
    *out = {};
    if (bytes == nullptr && bytes_cap != 0) return bad_argument("bytes is NULL");
    if (records == nullptr || records_cap == 0) return bad_argument("there is no room for a record");
    if (!is_channel(channel)) return bad_argument("no such channel");
    const auto subscription = find(sub);
    const Draining draining(*subscription, channel);
    ekws::data::Batch batch(bytes, bytes_cap, records, records_cap);
    if (channel == EKWS_CHANNEL_DATA) {
      subscription->queue().drain(batch);
    } else {
      subscription->events().drain(batch);
    }
    *out = batch.out();
    return {};
  });
}

uint32_t ekws_loops(void) { return static_cast<uint32_t>(Runtime::loops()); }

int32_t ekws_loop_fd(uint32_t loop, int32_t* fd, ekws_error* err) {
  return guard(err, [&]() -> Error {
    if (fd == nullptr) return bad_argument("fd is NULL");
    if (loop >= Runtime::loops()) return bad_argument("no such loop");
    *fd = Runtime::instance().loop_descriptor(loop).release();
    return {};
  });
}

int32_t ekws_run(uint32_t loop, ekws_woken* woken, size_t woken_cap, ekws_turn* out, ekws_error* err) {
  return guard(err, [&]() -> Error {
    if (out == nullptr) return bad_argument("out is NULL");
    *out = {};
    if (woken == nullptr || woken_cap == 0) return bad_argument("there is no room for who is woken");
    return Runtime::instance().run(loop, woken, woken_cap, *out);
  });
}

int32_t ekws_stats_get(ekws_subscription sub, ekws_stats* out, ekws_error* err) {
  return guard(err, [&]() -> Error {
    if (out == nullptr) return bad_argument("out is NULL");
    const std::uint64_t size = out->struct_size;
    if (size < sizeof size) return bad_argument("out->struct_size is not set");
    const ekws_stats stats = find(sub)->stats();
    // A caller built against an older header gets the fields that it knows.
    std::memcpy(out, &stats, std::min<std::uint64_t>(size, sizeof stats));
    out->struct_size = std::min<std::uint64_t>(size, sizeof stats);
    return {};
  });
}

int32_t ekws_close(ekws_subscription sub, ekws_error* err) {
  return guard(err, [&]() -> Error {
    if (!Runtime::instance().close(sub.id)) return {EKWS_E_CLOSED, "the subscription is closed"};
    return {};
  });
}

int32_t ekws_probe(const char* config, size_t config_len, uint32_t timeout_ms, ekws_error* err) {
  return guard(err, [&]() -> Error {
    if (config == nullptr) return bad_argument("config is NULL");
    const auto parsed = ekws::config::parse(config, config_len);
    Error answer = Runtime::instance().probe(parsed, std::chrono::milliseconds(timeout_ms));
    if (answer) return answer;
    // There is no rule whose log they could go to.
    for (const std::string& warning : parsed.warnings) answer.text += (answer.text.empty() ? "" : "; ") + warning;
    return answer;
  });
}

}  // extern "C"
