#include "server/users.h"

#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "server/process/find_program.h"

namespace server {
namespace {

struct User {
  std::string name;  // empty where the machine knows none for the number
  uid_t uid;
  gid_t gid;
  std::string home;
};

// A number without an entry is its own group, as in containers.
User find_user(const std::string& flag, const std::string& user) {
  const passwd* entry = ::getpwnam(user.c_str());
  uid_t number = 0;
  const auto* end = user.data() + user.size();
  const auto [rest, error] = std::from_chars(user.data(), end, number);
  const bool is_number = error == std::errc() && rest == end && number != static_cast<uid_t>(-1);
  if (!entry && is_number) entry = ::getpwuid(number);
  if (entry) return {entry->pw_name, entry->pw_uid, entry->pw_gid, entry->pw_dir};
  if (is_number) return {"", number, number, "/"};
  throw RefusedStart(fmt::format("{} '{}': there is no such user", flag, user));
}

// To start, limit and end processes of another user, and to make and remove their folders.
constexpr int kForJobUser[] = {CAP_SETUID,       CAP_SETGID, CAP_SETPCAP,      CAP_KILL,
                               CAP_SYS_RESOURCE, CAP_CHOWN,  CAP_DAC_OVERRIDE, CAP_FOWNER};

using CapabilitySets = __user_cap_data_struct[_LINUX_CAPABILITY_U32S_3];

bool get_capabilities(CapabilitySets& sets) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  return ::syscall(SYS_capget, &header, sets) == 0;
}

bool has(const CapabilitySets& sets, int capability) {
  return sets[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability);
}

// Of these, those that are there.
bool keep_for_job_user() {
  CapabilitySets permitted{}, sets{};
  if (!get_capabilities(permitted)) return false;
  for (const int capability : kForJobUser) {
    auto& part = sets[CAP_TO_INDEX(capability)];
    part.effective |= permitted[CAP_TO_INDEX(capability)].permitted & CAP_TO_MASK(capability);
    part.permitted = part.effective;
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  return ::syscall(SYS_capset, &header, sets) == 0;
}

struct Needed {
  int capability;
  const char* name;
};

// What a job has by its task alone is set from outside, and so is all that a fork server does not hand on.
std::vector<Needed> needed_for_job_user(const Options& options) {
  std::vector<Needed> needed{{CAP_SETUID, "CAP_SETUID"}, {CAP_SETGID, "CAP_SETGID"}, {CAP_KILL, "CAP_KILL"}};
  if (options.start == process::Start::fork || !options.per_task.empty())
    needed.push_back({CAP_SYS_RESOURCE, "CAP_SYS_RESOURCE (for --start fork and [task.NAME])"});
  if (!options.commands.empty()) {
    needed.push_back({CAP_CHOWN, "CAP_CHOWN (to give commands their folders)"});
    needed.push_back({CAP_DAC_OVERRIDE, "CAP_DAC_OVERRIDE (to see into folders of commands)"});
    needed.push_back({CAP_FOWNER, "CAP_FOWNER (to remove folders of commands)"});
  }
  return needed;
}

}  // namespace

void give_sockets(const Options& options, const std::vector<front_door::Endpoint>& endpoints) {
  if (options.user.empty()) return;
  const auto user = find_user("--user", options.user);
  for (const auto& endpoint : endpoints)
    if (!endpoint.unlink_at_end.empty() && ::chown(endpoint.unlink_at_end.c_str(), user.uid, user.gid) != 0)
      throw RefusedStart(fmt::format("--user '{}' cannot be given {}: {}", options.user, endpoint.name,
                                     std::strerror(errno)));
}

void become_user(const Options& options) {
  if (options.user.empty()) return;
  const auto user = find_user("--user", options.user);
  const bool keeps = !options.job_user.empty() && user.uid != 0;
  if (keeps) ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
  const bool groups =
      user.name.empty() ? ::setgroups(0, nullptr) == 0 : ::initgroups(user.name.c_str(), user.gid) == 0;
  if (!groups || ::setgid(user.gid) != 0 || ::setuid(user.uid) != 0 || (keeps && !keep_for_job_user()))
    throw RefusedStart(fmt::format("--user '{}': {} (only root can become somebody else)", options.user,
                                   std::strerror(errno)));
}

std::optional<process::JobUser> job_user(const Options& options) {
  if (options.job_user.empty()) return std::nullopt;
  const auto user = find_user("--job-user", options.job_user);
  CapabilitySets sets{};
  get_capabilities(sets);
  for (const auto& [capability, name] : needed_for_job_user(options))
    if (!has(sets, capability))
      throw RefusedStart(fmt::format("--job-user '{}': the server must be started as root, or with {}",
                                     options.job_user, name));
  return process::JobUser{user.uid, user.gid};
}

std::string home_of_jobs(const Options& options) {
  if (!options.job_user.empty()) return find_user("--job-user", options.job_user).home;
  return options.user.empty() ? "" : find_user("--user", options.user).home;
}

bool has_own_cruncher(const Options& options) {
  std::error_code ignored;
  return std::filesystem::equivalent(process::find_program(options.cruncher), options.own_cruncher, ignored);
}

void refuse_root(const Options& options) {
  if (::geteuid() != 0 || !options.user.empty() || !options.job_user.empty()) return;
  const bool own = has_own_cruncher(options);
  if (own && options.commands.empty()) return;
  const auto what = own ? options.commands.front().place : fmt::format("--cruncher '{}'", options.cruncher);
  throw RefusedStart(
      fmt::format("{} would run as root. Give --job-user NAME to run jobs as somebody else, --user NAME for "
                  "the server as well, or --user root if that is meant",
                  what));
}

}  // namespace server
