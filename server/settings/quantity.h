#pragma once
// Numbers with a unit, as people write them: "1.5s", "512M". Knows no flag: whoever asks puts the name in
// front of the sentence. Called by flag_table.cpp. CLI11's AsSizeValue and Range cannot take its place: they
// know no durations and no fractions of a size, and their sentences do not show the limit in its unit.

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace settings {

/// A text that is no value. The sentence quotes the text and says which form is one.
struct BadValue : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

enum class Kind { duration, size };

/// Milliseconds or bytes. A duration without a unit is in seconds; a size needs one, but for 0. K, M and G
/// are powers of 1024, KB, MB and GB powers of 1000. Throws BadValue outside of [least, most].
std::uint64_t parse_quantity(Kind kind, std::string_view text, std::uint64_t least, std::uint64_t most);

/// In the largest unit that needs no fraction: "512MiB", "1500ms".
std::string print_quantity(Kind kind, std::uint64_t value);

/// A whole number from `least` to `most`, in base 8 or 10. Throws BadValue.
std::uint64_t parse_whole(std::string_view text, std::uint64_t least, std::uint64_t most, int base = 10);

}  // namespace settings
