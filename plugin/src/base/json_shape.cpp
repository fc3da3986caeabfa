#include "base/json_shape.h"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

namespace ekws {

namespace {

constexpr int kDeepest = 32;

/// Follows the nesting; false from a callback ends the parse.
class Shape : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Shape> {
 public:
  bool Default() { return depth_ > (array_ ? 1 : 0); }  // a scalar, below an object only
  bool StartObject() { return ++depth_ <= kDeepest; }
  bool EndObject(rapidjson::SizeType) {
    --depth_;
    return true;
  }
  bool StartArray() {
    if (depth_ == 0) array_ = true;
    if (depth_ == 1 && array_) return false;  // an array as an element
    return ++depth_ <= kDeepest;
  }
  bool EndArray(rapidjson::SizeType elements) {
    --depth_;
    return depth_ > 0 || elements > 0;
  }
  bool is_array() const { return array_; }

 private:
  int depth_ = 0;
  bool array_ = false;
};

/// What strings come to is of no interest: it is not kept. To RapidJSON that is parsing in place, where the place is
/// the stream's own business.
class Looked : public rapidjson::MemoryStream {
 public:
  using MemoryStream::MemoryStream;
  Ch* PutBegin() { return nullptr; }
  void Put(Ch) {}
  void Flush() {}
  std::size_t PutEnd(Ch*) { return 1; }  // the zero byte that RapidJSON puts behind each string
};

/// Recursive, as far as Shape lets it.
template <unsigned kFlags>
JsonShape parse(std::string_view text) {
  Looked stream(text.data(), text.size());
  rapidjson::Reader reader;
  Shape shape;
  // RapidJSON takes a zero byte for the end of the text.
  if (!reader.Parse<kFlags | rapidjson::kParseInsituFlag>(stream, shape) || stream.Tell() != text.size())
    return JsonShape::other;
  return shape.is_array() ? JsonShape::objects : JsonShape::object;
}

}  // namespace

JsonShape shape_of(std::string_view text, bool is_utf8) {
  return is_utf8 ? parse<rapidjson::kParseDefaultFlags>(text) : parse<rapidjson::kParseValidateEncodingFlag>(text);
}

}  // namespace ekws
