// A subscription as the shim uses it: create, start, wait to be told, drain.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "ekws/ekws.h"
#include "loops.h"

constexpr std::chrono::seconds kDeadline(20);

struct Record {
  int kind = 0;
  int arg = 0;
  std::uint64_t connection = 0;
  std::int64_t received_ns = 0;
  std::string payload;
};

/// `more`, and what a peer on a machine that stands still for a while needs: time to answer. Those that `more` names
/// stay.
inline std::string patient(std::string more) {
  for (const std::string name : {"closeTimeout", "handshakeTimeout"}) {
    if (more.find(name) == std::string::npos) more.append(",\"").append(name).append(R"(":"1m")");
  }
  return more;
}

/// {"props": {…}}; `more` are further members, each with a comma in front.
inline std::string server_config(std::uint16_t port, const std::string& path, const std::string& more = {}) {
  return R"({"props":{"httpServerIp":"127.0.0.1","httpServerPort":)" + std::to_string(port) + R"(,"datasource":")" +
         path + "\"" + patient(more) + "}}";
}
inline std::string client_config(std::uint16_t port, const std::string& path, const std::string& more = {}) {
  return R"({"props":{"addr":"127.0.0.1:)" + std::to_string(port) + R"(","datasource":")" + path +
         R"(","reconnectInitial":10,"reconnectMax":50)" + patient(more) + "}}";
}

class Reader {
 public:
  explicit Reader(const std::string& config) {
    EXPECT_EQ(ekws_create(config.data(), config.size(), &sub_, &error), EKWS_OK) << error.text;
    loops::watch(sub_);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() {
    ekws_close(sub_, nullptr);
    loops::forget(sub_);
  }

  Reader& start() {
    EXPECT_EQ(ekws_start(sub_, &error), EKWS_OK) << error.text;
    return *this;
  }
  void close() { EXPECT_EQ(ekws_close(sub_, &error), EKWS_OK) << error.text; }
  ekws_subscription handle() const { return sub_; }

  ekws_stats stats() const {
    ekws_stats stats{};
    stats.struct_size = sizeof stats;
    EXPECT_EQ(ekws_stats_get(sub_, &stats, nullptr), EKWS_OK);
    return stats;
  }

  /// Reads both channels, or the events alone, until `condition` holds; false when it does not within the deadline.
  template <typename Condition>
  bool until(Condition condition, std::chrono::milliseconds deadline = kDeadline) {
    return wait(condition, deadline, true);
  }
  template <typename Condition>
  bool until_events(Condition condition, std::chrono::milliseconds deadline = kDeadline) {
    return wait(condition, deadline, false);
  }

  /// What has come so far.
  void forget() {
    data.clear();
    events.clear();
    messages_ = 0;
  }

  /// Messages that have come, in order; OPENED and CLOSED left out.
  std::vector<Record> messages() const {
    std::vector<Record> found;
    for (const Record& record : data) {
      if (record.kind == EKWS_TEXT || record.kind == EKWS_BINARY) found.push_back(record);
    }
    return found;
  }
  bool has_state(int state, const std::string& text = {}) const {
    return std::any_of(events.begin(), events.end(), [&](const Record& r) {
      return r.kind == EKWS_STATE && r.arg == state && r.payload.find(text) != std::string::npos;
    });
  }
  bool has_log(const std::string& text) const {
    return std::any_of(events.begin(), events.end(), [&](const Record& r) {
      return r.kind == EKWS_LOG && r.payload.find(text) != std::string::npos;
    });
  }
  /// Everything on the event channel, for a failed expectation.
  std::string story() const {
    std::string text;
    for (const Record& r : events)
      text += std::to_string(r.kind) + "/" + std::to_string(r.arg) + " " + r.payload + "\n";
    return text;
  }

  bool until_state(int state, const std::string& text = {}) {
    return until_events([&] { return has_state(state, text); });
  }
  bool until_messages(std::size_t count, std::chrono::milliseconds deadline = kDeadline) {
    return until([&] { return messages_ >= count; }, deadline);
  }

  /// Until reading rests and what `sent` counts has not grown for a while: no sender gets on any more.
  template <typename Count>
  bool until_held_up(Count sent) {
    int before = -1;
    auto since = std::chrono::steady_clock::now();
    return until_events([&] {
      if (const int now = sent(); now != before) {
        before = now;
        since = std::chrono::steady_clock::now();
      }
      return stats().paused == 1 && std::chrono::steady_clock::now() - since > std::chrono::milliseconds(200);
    });
  }

  void drain(int channel) {
    std::vector<ekws_record> records(256);
    ekws_drained drained{};
    do {
      const int code =
          ekws_drain(sub_, channel, bytes_.data(), bytes_.size(), records.data(), records.size(), &drained, &error);
      ASSERT_EQ(code, EKWS_OK) << error.text;
      if (drained.needed != 0) bytes_.resize(drained.needed);
      for (std::size_t i = 0; i < drained.records; ++i) {
        const ekws_record& r = records[i];
        Record record{r.kind, r.arg, r.connection, r.received_ns, std::string(bytes_.data() + r.offset, r.length)};
        messages_ += record.kind == EKWS_TEXT || record.kind == EKWS_BINARY ? 1 : 0;
        (channel == EKWS_CHANNEL_DATA ? data : events).push_back(std::move(record));
      }
    } while (drained.more != 0);
  }

  std::vector<Record> data;
  std::vector<Record> events;
  ekws_error error{};

 private:
  template <typename Condition>
  bool wait(Condition condition, std::chrono::milliseconds deadline, bool with_data) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    for (;;) {
      if (condition()) return true;
      if (std::chrono::steady_clock::now() >= end) return false;
      bool came = take(EKWS_CHANNEL_EVENTS);
      if (with_data && take(EKWS_CHANNEL_DATA)) came = true;
      // In slices: the condition may be about something else than what comes here.
      if (!came) loops::wait(std::chrono::milliseconds(10));
    }
  }
  bool take(int channel) {
    if (!loops::told(sub_, channel)) return false;
    drain(channel);
    return true;
  }

  ekws_subscription sub_{};
  std::vector<char> bytes_ = std::vector<char>(64 * 1024);
  std::size_t messages_ = 0;
};
