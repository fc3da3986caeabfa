#include "frames.h"

#include <algorithm>

#include "frame.h"

namespace ekws_bench {

namespace {

constexpr std::size_t kRun = 65536;
constexpr int kDigits = 16;
constexpr std::uint32_t kMask = 0x3d21fa37;

}  // namespace

Frames::Frames(const Args& args) : stamp_(args.stamp) {
  using ekws_load::Opcode;
  using ekws_load::Role;
  char header[ekws_load::kMaxFrameHeader];
  header_ = ekws_load::write_frame_header(header, args.binary ? Opcode::binary : Opcode::text, true,
                                          args.payload.size(), Role::client, kMask);
  frame_.assign(header, header_);
  frame_ += args.payload;
  ekws_load::apply_mask(frame_.data() + header_, args.payload.size(), kMask);
  const std::size_t count = std::max<std::size_t>(1, kRun / frame_.size());
  for (std::size_t i = 0; i < count; ++i) run_ += frame_;
}

void Frames::append(std::string& out, std::int64_t unix_us) const {
  const std::size_t start = out.size();
  out += frame_;
  if (stamp_ < 0) return;
  const char* mask = out.data() + start + header_ - 4;
  char* digits = out.data() + start + header_ + stamp_;
  for (int i = kDigits - 1; i >= 0; --i) {
    digits[i] = static_cast<char>(('0' + unix_us % 10) ^ mask[(stamp_ + i) % 4]);
    unix_us /= 10;
  }
}

}  // namespace ekws_bench
