#include "payload.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <random>

namespace ekws_load {
namespace {

constexpr size_t kSensors = 100;
constexpr size_t kReadings = 10000;  // rendered once; after that many the weather repeats itself
constexpr uint64_t kStartMs = UINT64_C(1700000000000);
constexpr size_t kDigits = 20;
constexpr char kFixed[] = R"({"sensor":"s-0","temperature":21.5,"humidity":48.2})";

/// A step of -0.5 … 0.5 in tenths. The raw generator is the same everywhere, the library's distributions are not.
int step(std::mt19937& random) { return static_cast<int>(random() % 11) - 5; }

char* put(char* out, const char* text, size_t length) {
  std::memcpy(out, text, length);
  return out + length;
}

template <size_t N>
char* put(char* out, const char (&text)[N]) {
  return put(out, text, N - 1);
}

char* put(char* out, uint64_t number) { return std::to_chars(out, out + kDigits, number).ptr; }

}  // namespace

Payload::Payload(PayloadKind kind, size_t size, uint32_t seed) : kind_(kind), size_(size) {
  max_size_ = std::max(size, sizeof kFixed + kDigits);
  if (kind != PayloadKind::sensor) return;

  std::mt19937 random(seed);
  std::vector<int> temperature(kSensors), humidity(kSensors);  // in tenths
  for (size_t s = 0; s < kSensors; s++) {
    temperature[s] = 150 + static_cast<int>(random() % 150);
    humidity[s] = 300 + static_cast<int>(random() % 400);
  }
  size_t longest = 0;
  for (size_t i = 0; i < kReadings; i++) {
    size_t s = i % kSensors;
    temperature[s] = std::clamp(temperature[s] + step(random), 100, 399);
    humidity[s] = std::clamp(humidity[s] + step(random), 100, 999);
    char text[128];
    std::snprintf(text, sizeof text, R"(,"sensor":"s-%zu","temperature":%d.%d,"humidity":%d.%d,"ts":)", s,
                  temperature[s] / 10, temperature[s] % 10, humidity[s] / 10, humidity[s] % 10);
    readings_.emplace_back(text);
    longest = std::max(longest, readings_.back().size());
  }
  max_size_ = std::max(size, longest + 2 * kDigits + 16);
}

size_t Payload::write(uint64_t n, char* out) const {
  char* end = out;
  switch (kind_) {
    case PayloadKind::sensor: {
      const std::string& reading = readings_[n % kReadings];
      end = put(put(end, R"({"seq":)"), n);
      end = put(end, reading.data(), reading.size());
      end = put(end, kStartMs + n);
      *end++ = '}';
      break;
    }
    case PayloadKind::seq:
      end = put(put(end, R"({"seq":)"), n);
      *end++ = '}';
      break;
    case PayloadKind::fixed:
      end = put(end, kFixed);
      break;
  }
  return pad(out, static_cast<size_t>(end - out));
}

/// Makes room for a last field "pad", or for blanks where the room is too small for one.
size_t Payload::pad(char* out, size_t length) const {
  if (length >= size_) return length;
  constexpr char open[] = R"(,"pad":")";
  size_t missing = size_ - length;
  char* end = out + length - 1;  // at the closing brace
  if (missing > sizeof open) {
    end = put(end, open);
    std::memset(end, 'x', missing - sizeof open);
    end += missing - sizeof open;
    *end++ = '"';
  } else {
    std::memset(end, ' ', missing);
    end += missing;
  }
  *end = '}';
  return size_;
}

}  // namespace ekws_load
