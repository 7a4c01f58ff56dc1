#pragma once
// The steps of a start that can fail, each with a sentence for whoever typed the flags. Called by main, in
// this order.

#include <boost/asio/signal_set.hpp>
#include <stdexcept>
#include <vector>

#include "ipc/json.h"
#include "server/front_door/endpoint.h"
#include "server/identity/clients.h"
#include "server/loop/scratch.h"
#include "server/loop/thread_pool.h"
#include "server/options.h"
#include "server/process/program.h"
#include "server/refused_start.h"

namespace server {

/// Descriptors 0 to 2 are always something, so that no pipe or socket ever gets one of their numbers.
void occupy_standard_descriptors();

/// The sockets that systemd passed, else what the flags say. Throws std::runtime_error.
std::vector<front_door::Endpoint> open_endpoints(const Options& options);

/// Those of --admin-port and --admin-socket; none where neither is given. Throws std::runtime_error.
std::vector<front_door::Endpoint> open_admin_endpoints(const Options& options);

/// Throws RefusedStart where no file can be made in --scratch-dir.
void check_scratch(const loop::Scratch& scratch, const Options& options);

/// Who may use the server, by --api-keys and --trusted-proxy. Throws RefusedStart.
identity::Clients read_clients(const Options& options);

/// Whether a process is to do more than one job.
bool wants_processes_to_stay(const Options& options);

/// The cruncher, with whatever the most generous task may use as ceiling.
process::Program cruncher_program(const Options& options);

/// The same for one task alone, which has surroundings of its own. No spares: there may be many such tasks.
process::Program cruncher_program(const Options& options, const std::string& task);

/// The same for the one process that tells what there is on offer.
process::Program program_for_discovery(const Options& options);

bool has_launched_commands(const Options& options);

/// What starts the commands, and all that they may use; another one for those behind a launcher.
process::Program command_program(const Options& options, bool by_launcher);
/// The same for the spares of one command.
process::Program command_program(const Options& options, const process::Command& command);

/// Whether the kernel can confine the commands: throws RefusedStart where it cannot and one of them requires
/// it; else a sentence where it can only in part, or not at all.
std::string check_confinement(const Options& options);

/// Runs the loop until the cruncher has said what it offers: its OpenRPC document. Throws RefusedStart. Where
/// a signal asks for the server's end meanwhile, the process ends with exit code 0.
ipc::Json discover_tasks(Loop& loop, asio::signal_set& signals, loop::ThreadPool& json_pool,
                         const Options& options);

}  // namespace server
