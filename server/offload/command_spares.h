#pragma once
// Spares of a command: started before there is a content. Each waits for it on a pipe that holds all of it,
// so that nobody has to feed it. Knows no job. Called by main and by command_dispatcher.h.

#include <functional>
#include <memory>

#include "server/offload/crew.h"
#include "server/process/command.h"

namespace offload {

/// What a crew of the command's spares orders again and again. All must outlive the crew.
std::function<SpareOrder()> spare_orders(process::JobFolders& folders, const process::Command& command);

/// Whether a spare's pipe can hold the content: up to 1 MiB. A longer one needs a process of its own.
bool suits_spares(const std::shared_ptr<loop::UniqueFd>& content);

/// Gives a spare its content, and the end of it. Does not suspend. Where the process has ended already, that
/// is found by whoever waits for its end.
void give_content(process::Process& spare, const std::shared_ptr<loop::UniqueFd>& content);

}  // namespace offload
