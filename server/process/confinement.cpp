#include "server/process/confinement.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace process {
namespace {

// As in linux/landlock.h, whose newer parts older headers lack. The numbers of the system calls are the same
// on all machines.
constexpr long kCreateRuleset = 444, kAddRule = 445, kRestrictSelf = 446;
constexpr int kRuleOfPath = 1;

struct RulesetAttributes {
  std::uint64_t files = 0, network = 0, scoped = 0;
};
struct PathAttributes {
  std::uint64_t access;
  std::int32_t parent;
} __attribute__((packed));

constexpr std::uint64_t kExecute = 1 << 0, kWriteFile = 1 << 1, kReadFile = 1 << 2, kReadFolder = 1 << 3;
constexpr std::uint64_t kRefer = 1 << 13, kTruncate = 1 << 14, kDeviceControl = 1 << 15;
constexpr std::uint64_t kFilesOfFirst = (1 << 13) - 1;
constexpr std::uint64_t kMakeDevices = (1 << 6) | (1 << 11);  // character and block
constexpr std::uint64_t kOnFiles = kExecute | kWriteFile | kReadFile | kTruncate | kDeviceControl;
constexpr std::uint64_t kBindAndConnect = 3;
constexpr std::uint64_t kAbstractSocketsAndSignals = 3;

std::uint64_t files_known_to(int version) {
  auto files = kFilesOfFirst;
  if (version >= 2) files |= kRefer;
  if (version >= 3) files |= kTruncate;
  if (version >= 5) files |= kDeviceControl;
  return files;
}

bool add(int ruleset, int file, std::uint64_t access) {
  const PathAttributes rule{access, file};
  return ::syscall(kAddRule, ruleset, kRuleOfPath, &rule, 0) == 0;
}

// To read and to execute.
constexpr const char* kSystem[] = {
    "/usr", "/lib", "/lib32", "/lib64", "/libx32", "/bin", "/sbin", "/etc", "/opt", "/nix/store",
    // What fonts, Ghostscript and TeX keep beside.
    "/var/cache/fontconfig", "/var/cache/fonts", "/var/lib/ghostscript", "/var/lib/texmf",
    // How much of the machine there is.
    "/proc/cpuinfo", "/proc/filesystems", "/proc/meminfo", "/proc/stat", "/proc/sys", "/proc/version",
    "/sys/devices/system", "/sys/kernel/mm/transparent_hugepage"};
constexpr const char* kDevices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"};
constexpr const char* kNetwork[] = {"/run/systemd/resolve", "/run/resolvconf"};

// As /bin is, mostly, and most programs are: a rule that is there already.
bool is_below_usr(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::canonical(path, ignored).string().starts_with("/usr/");
}

// By hand somebody may put there what leads elsewhere, while the server runs.
bool is_kept_by_hand(const std::string& path) {
  return path.starts_with("/usr/local/");
}

}  // namespace

int landlock_version() {
  constexpr int kAskVersion = 1;
  const auto version = ::syscall(kCreateRuleset, nullptr, 0, kAskVersion);
  return version > 0 ? static_cast<int>(version) : 0;
}

Confiner::Confiner(const Confinement& confinement) {
  const int version = landlock_version();
  if (confinement.mode == Confinement::Mode::off) return;
  filter_ = filter_of_command({confinement.network, confinement.memory_files});
  if (version == 0) return;
  files_ = files_known_to(version);
  if (version >= 4 && !confinement.network) network_ = kBindAndConnect;
  if (version >= 6) scoped_ = kAbstractSocketsAndSignals;
  read_ = kExecute | kReadFile | kReadFolder;
  write_ = files_ & ~kMakeDevices;
  for (const auto* path : kSystem)
    if (!is_below_usr(path)) allow(path, read_);
  for (const auto* path : kDevices) allow(path, kReadFile | kWriteFile | kDeviceControl);
  if (confinement.network)
    for (const auto* path : kNetwork) allow(path, read_);
  for (const auto& path : confinement.read) allow(path, read_);
  for (const auto& path : confinement.write) allow(path, write_);
  if (!is_below_usr(confinement.program) || is_kept_by_hand(confinement.program))
    program_ = confinement.program;
}

Confiner Confiner::of_cruncher(bool foreign) {
  Confiner confiner;
  if (foreign) confiner.filter_ = filter_of_cruncher();
  if (landlock_version() >= 6) confiner.scoped_ = kAbstractSocketsAndSignals;
  return confiner;
}

std::optional<Confiner::Place> Confiner::place_of(const std::string& path, std::uint64_t access) const {
  loop::UniqueFd file(::open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return std::nullopt;
  // What /dev/stdin is here, say: the kernel has no rules for such.
  if (S_ISSOCK(status.st_mode) || S_ISFIFO(status.st_mode)) return std::nullopt;
  if (!S_ISDIR(status.st_mode)) access &= kOnFiles;
  return Place{std::move(file), access & files_};
}

void Confiner::allow(const std::string& path, std::uint64_t access) {
  if (auto place = place_of(path, access)) places_.push_back(std::move(*place));
}

loop::UniqueFd Confiner::ruleset(const Own& own) const {
  errno = 0;
  if (files_ == 0 && scoped_ == 0) return {};
  // An older kernel knows less of the attributes, and takes more only where they are zero.
  const RulesetAttributes attributes{files_, network_, scoped_};
  loop::UniqueFd ruleset(static_cast<int>(::syscall(kCreateRuleset, &attributes, sizeof attributes, 0)));
  if (!ruleset || files_ == 0) return ruleset;
  bool whole = true;
  for (const auto& place : places_) whole &= add(ruleset.get(), place.file.get(), place.access);
  if (own.folder >= 0) whole &= add(ruleset.get(), own.folder, write_);
  // A rule is of a file, not of its name, and a program may be replaced while the server runs.
  if (const auto program = place_of(program_, read_); program && program->access == (read_ & kOnFiles))
    whole &= add(ruleset.get(), program->file.get(), program->access);
  // They have no name, but may be opened anew by /dev/stdin and /dev/stdout. (Of what lies in memory the
  // kernel wants no rule.)
  if (own.content >= 0) add(ruleset.get(), own.content, kReadFile & files_);
  if (own.result >= 0) add(ruleset.get(), own.result, (kReadFile | kWriteFile | kTruncate) & files_);
  if (!whole) return {};
  errno = 0;
  return ruleset;
}

bool confine_self(int ruleset) {
  const int own = ::open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (own >= 0) {
    add(ruleset, own, kReadFile | kReadFolder);  // fails where no files are ruled
    ::close(own);
  }
  return ::syscall(kRestrictSelf, ruleset, 0) == 0;
}

}  // namespace process
