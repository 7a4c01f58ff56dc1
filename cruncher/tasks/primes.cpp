// Counts primes with a segmented sieve of Eratosthenes over the odd numbers, one bit each. The segment fits
// the first level cache, so memory does not grow with the limit but for the primes up to its root (10
// thousand for 10^10).

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "cruncher/task.h"

namespace cruncher::tasks {
namespace {

constexpr std::string_view kParams = R"json({
  "type": "object", "additionalProperties": false, "required": ["limit"],
  "properties": {
    "limit": {"type": "integer", "minimum": 0, "maximum": 10000000000,
              "description": "the largest number to look at"}
  }
})json";

constexpr std::string_view kResult = R"json({
  "type": "object", "required": ["count"],
  "properties": {"count": {"type": "integer", "description": "how many primes there are up to the limit"}}
})json";

constexpr std::uint64_t kSegmentBits = 32 * 1024 * 8;
constexpr std::uint64_t kWordBits = 64;

// Odd primes up to `limit`, which is small.
std::vector<std::uint32_t> odd_primes(std::uint32_t limit) {
  std::vector<bool> composite(limit + 1);
  std::vector<std::uint32_t> primes;
  for (std::uint32_t n = 3; n <= limit; n += 2) {
    if (composite[n]) continue;
    primes.push_back(n);
    for (std::uint64_t multiple = std::uint64_t{n} * n; multiple <= limit; multiple += 2 * n)
      composite[multiple] = true;
  }
  return primes;
}

// The odd numbers in ascending order, cut into segments; bit i of all of them is the number 2i+1.
class OddSieve {
 public:
  explicit OddSieve(std::uint64_t limit) : bits_((limit + 1) / 2), composite_(kSegmentBits / kWordBits) {
    auto root = static_cast<std::uint32_t>(std::sqrt(static_cast<double>(limit)));
    while (std::uint64_t{root} * root > limit) --root;
    while (std::uint64_t{root + 1} * (root + 1) <= limit) ++root;
    for (const auto prime : odd_primes(root)) strides_.push_back({prime, std::uint64_t{prime} * prime / 2});
  }

  std::uint64_t bits() const { return bits_; }

  /// How many bits of the segment that starts with `first` stand for primes; 1 counts as one, in place of 2.
  std::uint64_t count(std::uint64_t first) {
    const auto size = std::min(kSegmentBits, bits_ - first);
    std::fill(composite_.begin(), composite_.end(), 0);
    for (auto& [prime, next] : strides_) {
      if (next >= first + size) {
        if (std::uint64_t{prime} * prime / 2 == next)
          break;  // its first multiple, and those of all after it, lie beyond
        continue;
      }
      auto bit = next - first;
      for (; bit < size; bit += prime) composite_[bit / kWordBits] |= std::uint64_t{1} << (bit % kWordBits);
      next = first + bit;
    }
    std::uint64_t composites = 0;
    for (const auto word : composite_) composites += static_cast<std::uint64_t>(std::popcount(word));
    return size - composites;
  }

 private:
  struct Stride {
    std::uint32_t prime;
    std::uint64_t next;  // bit of the next multiple to cross out
  };

  std::uint64_t bits_;
  std::vector<Stride> strides_;
  std::vector<std::uint64_t> composite_;
};

TaskResult run(const ipc::Json& params, Progress& progress) {
  const auto limit = params.at("limit").get<std::uint64_t>();
  std::uint64_t count = 0;
  if (limit >= 2) {
    OddSieve sieve(limit);
    for (std::uint64_t first = 0; first < sieve.bits(); first += kSegmentBits) {
      count += sieve.count(first);
      progress.report(static_cast<double>(first) / static_cast<double>(sieve.bits()));
    }
  }
  return ipc::Json{{"count", count}};
}

}  // namespace

extern constinit const Task primes{"primes", "Counts the primes up to a limit", kParams, kResult, run};

}  // namespace cruncher::tasks
