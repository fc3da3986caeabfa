// RFC 7692 section 7.2: from compressed payload to message.
#include "net/inflate.h"

#include <gtest/gtest.h>

#include <random>

#include "net/deflater.h"

namespace ekws::net {
namespace {

constexpr std::uint64_t kMax = 1U << 20U;

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out += static_cast<char>(value);
  return out;
}

std::string noise(std::size_t size) {
  std::mt19937 random(1);
  std::string out;
  while (out.size() < size) out += static_cast<char>(random());
  return out;
}

/// Inflates one message after the other.
class Receiver {
 public:
  explicit Receiver(const Deflate& peer = {}, std::shared_ptr<InflateBuffer> buffer = std::make_shared<InflateBuffer>())
      : inflater_(peer, std::move(buffer)) {}

  std::string operator()(const std::string& compressed, bool text = false, std::uint64_t max = kMax) {
    // In memory of exactly its size.
    const std::vector<char> exact(compressed.begin(), compressed.end());
    Bytes out;
    out.append("what was there before", 21);
    last = inflater_.inflate({exact.data(), exact.size()}, text, max, out);
    if (last == Inflated::done) return std::string(out.view());
    most = out.size();
    return last == Inflated::too_big ? "(too big)" : last == Inflated::not_utf8 ? "(not UTF-8)" : "(invalid)";
  }

  Inflated look_at(const std::string& begin, bool text = false, std::uint64_t max = kMax) {
    return inflater_.look_at(begin, text, max);
  }

  Inflated last{};
  std::size_t most = 0;  ///< how much was inflated of what failed

 private:
  Inflater inflater_;
};

TEST(Inflate, Section_7_2_3_1_OneCompressedBlock) {
  EXPECT_EQ(Receiver()(bytes({0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00})), "Hello");
}

TEST(Inflate, Section_7_2_3_2_SharesTheWindow) {
  Receiver receiver;
  EXPECT_EQ(receiver(bytes({0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00})), "Hello");
  EXPECT_EQ(receiver(bytes({0xf2, 0x00, 0x11, 0x00, 0x00})), "Hello");
}

TEST(Inflate, Section_7_2_3_3_BlockWithoutCompression) {
  EXPECT_EQ(Receiver()(bytes({0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00})), "Hello");
}

TEST(Inflate, Section_7_2_3_4_BlockWithBfinal) {
  Receiver receiver;
  EXPECT_EQ(receiver(bytes({0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00})), "Hello");
  EXPECT_EQ(receiver(bytes({0xf2, 0x00, 0x11, 0x00, 0x00})), "Hello") << "what was before may be referred to";
  EXPECT_EQ(receiver(bytes({0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00})), "Hello");
  // Some leave the byte behind it out.
  EXPECT_EQ(receiver(bytes({0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00})), "Hello");
  EXPECT_EQ(receiver(bytes({0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00})), "Hello");
}

// An empty block without compression that is the last one of its stream: what zlib's level 0 ends with.
TEST(Inflate, Section_7_2_1_TheTailMayEndABlockWithBfinal) {
  Receiver receiver;
  EXPECT_EQ(receiver(bytes({0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x01})), "Hello");
  EXPECT_EQ(receiver(bytes({0xf2, 0x00, 0x11, 0x00, 0x00})), "Hello") << "what was before may be referred to";
  EXPECT_EQ(receiver(bytes({0x01})), "");
  EXPECT_EQ(receiver(deflated("still in step")), "still in step");
}

TEST(Inflate, Section_7_2_3_4_SeveralStreamsInOneMessage) {
  Deflater peer;
  Receiver receiver;
  EXPECT_EQ(receiver(peer.final_message("one ", false) + peer.final_message("two ", false) + peer.message("three")),
            "one two three");
  EXPECT_EQ(receiver(peer.final_message("one ") + bytes({0, 0, 0xff, 0xff}) + peer.message("two")), "one two");
  EXPECT_EQ(receiver(peer.final_message(std::string(200'000, 'x'))), std::string(200'000, 'x'));
}

TEST(Inflate, Section_7_2_3_5_TwoBlocks) {
  EXPECT_EQ(Receiver()(bytes({0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00})), "Hello");
}

TEST(Inflate, Section_7_2_3_6_EmptyMessages) {
  Receiver receiver;
  EXPECT_EQ(receiver(bytes({0x00})), "");
  EXPECT_EQ(receiver(bytes({0x02, 0x00})), "") << "an empty block with fixed codes";
  EXPECT_EQ(receiver(bytes({0x03, 0x00, 0x00})), "");
  EXPECT_EQ(receiver(""), "") << "some send it like this";
  EXPECT_EQ(receiver(deflated("still in step")), "still in step");
}

TEST(Inflate, EveryLevelAndWindowOfZlib) {
  std::string text;
  for (int i = 0; i < 4'000; ++i) text += "{\"seq\":" + std::to_string(i * i) + "}";
  for (int bits = 9; bits <= 15; ++bits) {
    for (const int level : {0, 1, 6, 9}) {
      Deflater peer(bits, level);
      Receiver receiver({true, bits});
      for (const std::string& message : {text, noise(40'000), std::string(), text.substr(5), text}) {
        EXPECT_EQ(receiver(peer.message(message)), message) << bits << " bits, level " << level;
      }
    }
  }
}

TEST(Inflate, Section_7_1_1_AfreshWithEachMessage) {
  const auto buffer = std::make_shared<InflateBuffer>();
  Receiver one({false, 15}, buffer);
  Receiver other({false, 9}, buffer);  // shares one stream of zlib with it
  Receiver keeping({true, 15}, buffer);
  Deflater peer;
  // Whoever comes first: each has the window that was agreed on with it. Refers back farther than a small one reaches,
  // across the pieces in which zlib gives its output.
  const std::string block = noise(20'000);
  std::string large;
  for (int i = 0; i < 10; ++i) large += block;
  EXPECT_EQ(other(deflated("something else")), "something else");
  EXPECT_EQ(one(deflated(large)), large);
  EXPECT_EQ(other(deflated(large)), "(invalid)");
  EXPECT_EQ(keeping(peer.message("Hello, Hello")), "Hello, Hello");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(one(deflated("Hello, Hello")), "Hello, Hello");
    EXPECT_EQ(other(deflated("something else")), "something else");
    EXPECT_EQ(keeping(peer.message("Hello, Hello")), "Hello, Hello");
  }
  EXPECT_EQ(one(bytes({0xf2, 0x00, 0x11, 0x00, 0x00})), "(invalid)") << "refers to a message before";
  EXPECT_EQ(other(deflated("something else")), "something else") << "another's fault does no harm";
}

TEST(Inflate, Section_7_1_2_RefersNoFurtherThanAgreed) {
  const std::string far = "0123456789abcdef" + noise(1000);
  Deflater peer(15);
  Receiver receiver({true, 9});
  const std::string first = peer.message(far);
  EXPECT_EQ(receiver(first), far);
  EXPECT_EQ(receiver(peer.message(far)), "(invalid)");
}

TEST(Inflate, Section_7_2_2_WhatIsNotDeflateIsInvalid) {
  for (const std::string& payload :
       {bytes({0x07}), bytes({0x06, 0x00}), bytes({0xff, 0xff, 0xff, 0xff}), noise(1000), std::string("Hello"),
        bytes({0x00, 0x05, 0x00, 0xfa, 0xfe, 0x48}),                    // lengths that do not fit each other
        bytes({0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x07, 0x00}),  // rubbish behind it
        bytes({0x4a, 0x04, 0x22, 0x00, 0x00})}) {                       // refers to before the beginning
    EXPECT_EQ(Receiver()(payload), "(invalid)");
  }
}

TEST(Inflate, Section_7_2_2_WhatIsCutOffIsInvalid) {
  const std::string text = "The quick brown fox jumps over the lazy dog, the quick brown fox.";
  const std::string whole = deflated(text);
  int seen = 0;
  for (std::size_t size = 1; size < whole.size(); ++size) {
    Receiver receiver;
    const std::string got = receiver(whole.substr(0, size));
    // That the last byte is missing may not be seen, if it holds no bit of a code: then nothing is.
    EXPECT_TRUE(got == "(invalid)" || (size + 1 == whole.size() && got == text)) << size << ": " << got;
    seen += got == "(invalid)" ? 1 : 0;
  }
  EXPECT_GE(seen, static_cast<int>(whole.size()) - 2);
  // The tail itself is not to be in it (section 7.2.1).
  EXPECT_EQ(Receiver()(whole + bytes({0, 0, 0xff, 0xff})), "(invalid)");
}

TEST(Inflate, TakesExactlyTheLimitAndInflatesNoMore) {
  for (const std::size_t max : {1U, 5U, 65'535U, 65'536U, 65'537U, 200'000U}) {
    const std::string exact(max, 'x');
    EXPECT_EQ(Receiver()(deflated(exact), true, max), exact);
    Receiver receiver;
    EXPECT_EQ(receiver(deflated(exact + "x"), true, max), "(too big)") << max;
    EXPECT_LE(receiver.most, max);
    EXPECT_EQ(Receiver()(deflated(noise(max)), false, max), noise(max)) << "what does not compress";
    EXPECT_LE(deflated(noise(max)).size(), Inflater::max_compressed(max));
  }
  Receiver receiver;
  EXPECT_EQ(receiver(deflated(std::string(100U << 20U, '\0')), false, 1'000'000), "(too big)");
  EXPECT_LE(receiver.most, 1'000'000U);
}

TEST(Inflate, Section_8_1_TextHasToBeUtf8) {
  EXPECT_EQ(Receiver()(deflated("\xe6\xb8\xa9\xe5\xba\xa6"), true), "\xe6\xb8\xa9\xe5\xba\xa6");
  EXPECT_EQ(Receiver()(deflated("\xff"), false), "\xff") << "binary";
  EXPECT_EQ(Receiver()(deflated("\xff"), true), "(not UTF-8)");
  EXPECT_EQ(Receiver()(deflated("\xe6\xb8"), true), "(not UTF-8)") << "cut inside a character";
  EXPECT_EQ(Receiver()(deflated("\xed\xa0\x80"), true), "(not UTF-8)") << "a surrogate";
  // A character across the pieces in which zlib gives its output.
  for (std::size_t before = 65'530; before < 65'540; ++before) {
    const std::string text = std::string(before, 'x') + "\xf0\x9f\x8c\xa1" + "y";
    EXPECT_EQ(Receiver()(deflated(text), true), text);
  }
  // Nothing is inflated behind the piece with the first impossible byte.
  Receiver receiver;
  EXPECT_EQ(receiver(deflated("\xff" + std::string(kMax - 1, 'x')), true), "(not UTF-8)");
  EXPECT_EQ(receiver.most, 0U);
}

TEST(Inflate, LooksAtTheBeginningOfAMessage) {
  for (const bool context : {true, false}) {
    SCOPED_TRACE(context);
    Receiver receiver({context, 15});
    Deflater peer;
    for (int round = 0; round < 3; ++round) {
      if (!context) peer.forget();
      const std::string x(kMax, 'x');
      const std::string message = peer.message(x);
      EXPECT_EQ(receiver.look_at(message.substr(0, 500), true), Inflated::done);
      EXPECT_EQ(receiver.look_at(message.substr(0, 500), true, 100'000), Inflated::too_big);
      EXPECT_EQ(receiver.look_at("\xff\xff\xff", true), Inflated::invalid);
      EXPECT_EQ(receiver(message, true), x) << "as if nobody had looked";
    }
    if (!context) peer.forget();
    const std::string wrong = peer.message("\xff and more, more, more");
    EXPECT_EQ(receiver.look_at(wrong.substr(0, 10), true), Inflated::not_utf8);
    EXPECT_EQ(receiver.look_at(wrong.substr(0, 10), false), Inflated::done);
    EXPECT_EQ(receiver.look_at(peer.message("\xe6\xb8"), true), Inflated::done) << "the rest may come";
  }
}

}  // namespace
}  // namespace ekws::net
