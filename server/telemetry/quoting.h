#pragma once
// Texts of others as they may stand in a log: quoted, and nothing in them that a terminal would obey. Knows
// no line. Called by access_log.cpp on the loop, and by log.cpp in its writer's thread.

#include <string>
#include <string_view>

namespace telemetry {

/// A JSON string, quotes included. Control characters, DEL and C1 among them, and those that turn the order
/// of writing (bidi) are escaped; invalid UTF-8 becomes U+FFFD.
std::string quoted(std::string_view text);

/// The text as it is where nothing in it needs escaping; else as in quoted(), without the quotes.
std::string harmless(std::string_view text);

}  // namespace telemetry
