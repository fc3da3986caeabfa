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

/// One JSON object of this size.
inline std::string object(std::size_t size) {
  std::string text = R"({"ok":true,"readings":[)";
  for (unsigned i = 0; text.size() + 50 < size; ++i) {
    text += R"({"temperature":2)" + std::to_string(i % 10) + R"(.5,"n":)" + std::to_string(i % 100) + "},";
  }
  text += R"({}],"sensor":")";
  text.append(size - text.size() - 2, 'x');
  return text + "\"}";
}

/// Readings with names that are not ASCII; a little longer than asked.
inline std::string words(std::size_t size) {
  std::string text;
  while (text.size() < size) text += "{\"ort\":\"M\u00fcnchen\",\"\u6e29\u5ea6\":21.5,\"ok\":true},";
  return text;
}

}  // namespace ekws_bench
