#pragma once
// Sends a row of the conformance table to a server and judges what comes back. Knows no row by name.
// Behind each request follows a good one, the probe, with an id of its own: where it is answered the
// connection was open and in step, and where it must not be answered nothing after the row's request was read
// as one.

#include <cstddef>
#include <string>

#include "tests/end_to_end/front_door/conformance_row.h"

namespace conformance {

/// How the row's bytes are cut before they are sent; the server has read each piece before the next one is
/// sent.
struct Cuts {
  std::size_t first;  ///< where the first cut is
  std::size_t step;   ///< and how far from it the next; 0: there is one cut only
};

/// The answers to `row`, sent in one piece over `client`. Returns what is wrong with them, "" where nothing
/// is.
std::string fault_when_whole(harness::HttpClient client, const Row& row);

/// The same in pieces. `client` is one of a unix socket: only these tell when the server has read what was
/// sent.
std::string fault_when_cut(harness::HttpClient client, const Row& row, Cuts cuts);

}  // namespace conformance
