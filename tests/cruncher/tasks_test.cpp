#include <doctest/doctest.h>
#include <png.h>
#include <sodium.h>

#include <ctime>
#include <set>
#include <string>
#include <vector>

#include "cruncher/base64.h"
#include "tests/cruncher/task_call.h"

namespace {

using cruncher_test::call;
using cruncher_test::result_of;
using ipc::Json;

std::uint64_t primes_up_to(std::uint64_t limit) {
  return result_of("primes", {{"limit", limit}}).at("count");
}

// By trial division, one after the other.
bool is_prime(std::uint64_t n) {
  for (std::uint64_t d = 2; d * d <= n; ++d) {
    if (n % d == 0) return false;
  }
  return n >= 2;
}

TEST_CASE("primes: every small limit gives the count of trial division") {
  std::uint64_t count = 0;
  for (std::uint64_t limit = 0; limit < 2000; ++limit) {
    if (is_prime(limit)) ++count;
    CAPTURE(limit);
    CHECK(primes_up_to(limit) == count);
  }
}

TEST_CASE("primes: the known counts, at a segment's borders too") {
  CHECK(primes_up_to(10'000'000) == 664'579);
  const std::uint64_t segment = 2 * 32 * 1024 * 8;  // numbers that the sieve looks at in one go
  for (const auto limit : {segment - 1, segment, segment + 1, 3 * segment}) {
    CAPTURE(limit);
    std::uint64_t up_to_next = primes_up_to(limit + 100);
    for (auto n = limit + 1; n <= limit + 100; ++n) up_to_next -= is_prime(n) ? 1 : 0;
    CHECK(primes_up_to(limit) == up_to_next);
  }
}

TEST_CASE("spin burns the CPU time that it was asked for") {
  const auto start = std::clock();
  CHECK(result_of("spin", {{"CPUTimeMs", 50}}) == Json{{"CPUTimeMs", 50}});
  const auto used = std::clock() - start;
  CHECK(used >= CLOCKS_PER_SEC / 20);
  CHECK(result_of("spin", {{"CPUTimeMs", 0}}) == Json{{"CPUTimeMs", 0}});
}

TEST_CASE("hash_password: libsodium verifies the hash, with that password only") {
  const std::string hash =
      result_of("hash_password", {{"password", "correct horse"}, {"memory_kib", 64}, {"ops", 1}}).at("hash");
  CHECK(hash.starts_with("$argon2id$v=19$m=64,t=1,"));
  CHECK(crypto_pwhash_str_verify(hash.c_str(), "correct horse", 13) == 0);
  CHECK(crypto_pwhash_str_verify(hash.c_str(), "correct horsf", 13) != 0);
  const Json again =
      result_of("hash_password", {{"password", "correct horse"}, {"memory_kib", 64}, {"ops", 1}});
  CHECK_MESSAGE(again.at("hash") != hash, "the salt must be another one each time");
}

struct Picture {
  std::uint32_t width = 0, height = 0;
  std::vector<std::uint8_t> rgb;

  std::array<std::uint8_t, 3> at(std::uint32_t x, std::uint32_t y) const {
    const auto i = 3 * (std::size_t{y} * width + x);
    return {rgb[i], rgb[i + 1], rgb[i + 2]};
  }
};

Picture picture_of(Json params) {
  const Json result = result_of("mandelbrot", std::move(params));
  const auto bytes = cruncher::from_base64(result.at("png").get<std::string>());
  REQUIRE(bytes);
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  REQUIRE(png_image_begin_read_from_memory(&image, bytes->data(), bytes->size()));
  image.format = PNG_FORMAT_RGB;
  Picture picture{image.width, image.height, std::vector<std::uint8_t>(PNG_IMAGE_SIZE(image))};
  REQUIRE(png_image_finish_read(&image, nullptr, picture.rgb.data(), 0, nullptr));
  CHECK(result.at("width") == picture.width);
  CHECK(result.at("height") == picture.height);
  return picture;
}

TEST_CASE("mandelbrot: libpng reads the picture back, the set is black and the rest is not") {
  const auto picture =
      picture_of({{"width", 90}, {"height", 61}, {"center_x", -0.5}, {"scale", 3}, {"iterations", 100}});
  CHECK(picture.width == 90);
  CHECK(picture.height == 61);
  const std::array<std::uint8_t, 3> black{0, 0, 0};
  CHECK(picture.at(60, 30) == black);  // 0.0 + 0i is in the set
  CHECK(picture.at(30, 30) == black);  // -1.0 + 0i, in the disk on the left
  CHECK(picture.at(89, 0) != black);   // 1 + 1i is not
  std::set<std::array<std::uint8_t, 3>> colours;
  for (std::uint32_t y = 0; y < 61; ++y) {
    for (std::uint32_t x = 0; x < 90; ++x) colours.insert(picture.at(x, y));
    CHECK(picture.at(40, y) == picture.at(40, 60 - y));  // the set is its own mirror image
  }
  CHECK(colours.size() > 10);
}

TEST_CASE("mandelbrot: the largest and the smallest picture") {
  CHECK(picture_of({{"width", 1}, {"height", 1}}).rgb == std::vector<std::uint8_t>{0, 0, 0});
  CHECK(picture_of({{"width", 4096}, {"height", 4096}, {"iterations", 1}}).height == 4096);
  CHECK(std::holds_alternative<ipc::Error>(call("mandelbrot", {{"width", 4097}})));
}

}  // namespace
