#pragma once
// The version that --version, `/` and the metrics tell; set by the build.

#ifndef CRUNCHER_VERSION
#define CRUNCHER_VERSION "0.0.0"
#endif

namespace server {

inline constexpr const char* kVersion = CRUNCHER_VERSION;

}  // namespace server
