// What the micro benchmarks work on.
#pragma once

#include <string>

namespace ekws_bench {

/// Readings in JSON, ASCII.
inline std::string readings(std::size_t size) {
  std::string text = "[";
  for (unsigned i = 0, noise = 1; text.size() < size; ++i) {
    noise = noise * 1664525U + 1013904223U;
    text += R"({"sensor":"boiler-)" + std::to_string(noise >> 28U) + R"(","temperature":)" +
            std::to_string(noise % 10'000U) + R"(,"n":)" + std::to_string(i) + "},";
  }
  return text.substr(0, size);
}

/// Readings with names that are not ASCII; a little longer than asked.
inline std::string words(std::size_t size) {
  std::string text;
  while (text.size() < size) text += "{\"ort\":\"M\u00fcnchen\",\"\u6e29\u5ea6\":21.5,\"ok\":true},";
  return text;
}

}  // namespace ekws_bench
