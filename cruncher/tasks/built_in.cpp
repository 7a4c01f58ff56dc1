// The tasks of the cruncher that comes with the server: those that meson.build lists.

#include "cruncher/catalogue.h"
#include "cruncher/task_list.h"

namespace cruncher {
namespace tasks {
#define DECLARE(task) extern const Task task;
FOR_EACH_TASK(DECLARE)
#undef DECLARE
}  // namespace tasks

std::span<const Task* const> all_tasks() {
#define ADDRESS(task) &tasks::task,
  static constexpr const Task* kTasks[] = {FOR_EACH_TASK(ADDRESS)};
#undef ADDRESS
  return kTasks;
}

}  // namespace cruncher
