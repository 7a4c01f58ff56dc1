#include "server/crews_apart.h"

#include "server/offload/command_spares.h"
#include "server/startup.h"

namespace server {
namespace {

constexpr int kLaunchersOfCommands = 2;

}  // namespace

CrewsApart::CrewsApart(const Shared& shared, const Options& options, const std::string& scratch) {
  for (const auto& [task, surroundings] : options.apart)
    shared.dispatcher.serve_by(add(shared, cruncher_program(options, task)), task);
  if (!options.commands.empty()) serve_commands(shared, options, scratch);
}

offload::Crew& CrewsApart::add(const Shared& shared, process::Program program, int launchers,
                               std::function<offload::SpareOrder()> order_spare) {
  return crews_.emplace_back(shared.loop, shared.orphans, std::move(program), shared.observers(), launchers,
                             std::move(order_spare));
}

void CrewsApart::serve_commands(const Shared& shared, const Options& options, const std::string& scratch) {
  folders_.emplace(shared.loop, scratch, !options.job_user.empty());
  auto& crew = add(shared, command_program(options, false), kLaunchersOfCommands);
  commands_.emplace(shared.loop, shared.dispatcher, crew, *folders_, shared.files);
  if (has_launched_commands(options)) commands_->launch_by(add(shared, command_program(options, true)));
  for (const auto& command : options.commands) {
    if (command.spares == 0) continue;
    auto& spares =
        add(shared, command_program(options, command), 1, offload::spare_orders(*folders_, command));
    commands_->keep_spares(spares, command.task);
  }
}

void CrewsApart::refill() {
  for (auto& crew : crews_) crew.refill();
}

}  // namespace server
