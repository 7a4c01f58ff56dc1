#pragma once
// Bytes to a descriptor, whole. The program uses no stdio and no iostream: both cost more at start than a
// small job.

#include <string_view>

namespace cruncher {

/// False where not everything could be written (errno says why).
bool write_all(int descriptor, std::string_view bytes);

}  // namespace cruncher
