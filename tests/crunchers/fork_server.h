#pragma once
// The same program started once and forked for each job, written from FORKING.md alone.

namespace unruly {

/// Serves orders from stdin for as long as there are any; `serve_one_call` is each job's process.
int serve_forks(int (*serve_one_call)());

}  // namespace unruly
