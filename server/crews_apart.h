#pragma once
// The crews beside the cruncher's own: of its tasks that have surroundings of their own, of the commands, and
// of their spares. Made by main; knows no job.

#include <functional>
#include <list>
#include <optional>

#include "server/offload/command_dispatcher.h"
#include "server/options.h"

namespace server {

class CrewsApart {
 public:
  /// What they share, all of which must outlive this. `observers` makes those of one crew.
  struct Shared {
    Loop& loop;
    process::Orphans& orphans;
    offload::Dispatcher& dispatcher;
    loop::ThreadPool& files;
    std::function<offload::Crew::Observers()> observers;
  };

  /// Commands run in folders below `scratch`. Throws std::system_error where a launcher, or the folder,
  /// cannot be had.
  CrewsApart(const Shared& shared, const Options& options, const std::string& scratch);

  /// Starts the spares.
  void refill();
  /// Null where there are none.
  offload::CommandDispatcher* commands() { return commands_ ? &*commands_ : nullptr; }
  /// Removes the folders of jobs. The last call.
  void remove_folders() { folders_.reset(); }

 private:
  offload::Crew& add(const Shared& shared, process::Program program, int launchers = 1,
                     std::function<offload::SpareOrder()> order_spare = {});
  void serve_commands(const Shared& shared, const Options& options, const std::string& scratch);

  std::optional<process::JobFolders> folders_;
  std::list<offload::Crew> crews_;
  std::optional<offload::CommandDispatcher> commands_;
};

}  // namespace server
