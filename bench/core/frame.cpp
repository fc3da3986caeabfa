#include "frame.h"

#include "../deflated.h"

namespace ekws_bench {

namespace {

/// A sensor's reading, padded; ASCII, as most JSON is.
std::string payload(std::size_t size) {
  std::string text = R"({"sensor":"boiler-07","temperature":71.25,"pressure":1.013,"ok":true,"pad":")";
  const std::string end = "\"}";
  for (char c = 'a'; text.size() + end.size() < size; c = c == 'z' ? 'a' : static_cast<char>(c + 1)) text += c;
  return (text + end).substr(0, size);
}

/// Readings one after the other, as compressible as telemetry is.
std::string readings(std::size_t size) {
  std::string text = "[";
  for (std::uint32_t i = 0, noise = 1; text.size() < size; ++i) {
    noise = noise * 1664525U + 1013904223U;
    text += R"({"sensor":"boiler-)" + std::to_string(noise >> 28U) + R"(","temperature":)" +
            std::to_string(noise % 10'000U) + R"(,"n":)" + std::to_string(i) + "},";
  }
  return text.substr(0, size);
}

}  // namespace

std::string frame_header(const Work& work, std::size_t payload_bytes) {
  std::string bytes(1, static_cast<char>(0x80 | (work.compressed ? 0x40 : 0) | (work.text ? 1 : 2)));
  const auto length = [&](int count) {
    for (int i = count - 1; i >= 0; --i) bytes += static_cast<char>(payload_bytes >> (8 * i));
  };
  if (payload_bytes < 126) {
    bytes += static_cast<char>(0x80 | payload_bytes);
  } else if (payload_bytes <= 0xffff) {
    bytes += static_cast<char>(0x80 | 126);
    length(2);
  } else {
    bytes += static_cast<char>(0x80 | 127);
    length(8);
  }
  return bytes.append(kKey, sizeof kKey);
}

std::string frame_of(const Work& work) {
  std::string text = work.compressed ? deflated(readings(work.size)) : payload(work.size);
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(text[i] ^ kKey[i % sizeof kKey]);
  return frame_header(work, text.size()) + text;
}

}  // namespace ekws_bench
