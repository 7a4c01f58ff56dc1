#pragma once
// Stored jobs on disk: a SQLite database and a file for each long content and result. Blocks; knows no
// thread, no loop and no clock. Used by store.h on a thread of its own, and by check.h.

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "server/jobs/folder.h"
#include "server/loop/loop.h"

namespace jobs {

/// What there is, for the figures.
struct Figures {
  std::array<std::uint64_t, kStates> by_state{};
  std::uint64_t bytes = 0;     ///< of contents and results
  std::uint64_t kept = 0;      ///< of results alone
  UnixTime oldest_queued = 0;  ///< when it came; 0: none
};

struct Submitted {
  enum class How { stored, known, key_reused, full } how = How::stored;
  std::string id;
  State state = State::queued;  ///< of the one that is known by its key
};

/// A job that is to be run, with its request.
struct Begun {
  Record record;
  Submission submission;
};

/// One that waits, as short as can be.
struct Waiting {
  std::int64_t sequence = 0;
  std::string id;
  std::string client;
  std::string task;
};

struct Filter {
  std::optional<State> state;
  std::string task;                  ///< empty: any
  std::optional<std::string> owner;  ///< nothing: any
  std::int64_t before = 0;           ///< those that came before that sequence; 0: the newest
  int limit = 100;
};

class Database {
 public:
  /// Opens or makes it, brings it to the newest version, and settles what the end of the last server left:
  /// what ran is queued again while its retries last, else interrupted. Throws StoreError, StoreRefused,
  /// SQLite::Exception.
  explicit Database(const std::filesystem::path& folder);
  ~Database();

  /// Each of the following belongs between begin() and commit() or roll_back(), and may throw StoreError or
  /// SQLite::Exception: then roll_back().
  void begin();
  /// On disk when this returns. No statement stays open: SQLite would never bring its log into the tables.
  void commit();
  void roll_back() noexcept;

  /// At most `backlog` may be queued.
  Submitted submit(const Submission& submission, UnixTime at, std::uint64_t backlog);
  /// The job runs from now on. Nothing where it is not queued. One whose content is lost has failed instead,
  /// as the record's state says.
  std::optional<Begun> start(const std::string& id, UnixTime at);
  /// It is over. False where it was already, or is unknown.
  bool end(const std::string& id, const Ending& ending, UnixTime at);
  /// What runs is queued again; `counted`: that was an attempt.
  void queue_again(const std::string& id, bool counted);
  void queue_all_again();
  /// False unless it is over.
  bool forget(const std::string& id);
  /// Forgets those that ended before `ended_before`, and the oldest while results are larger than `kept`
  /// bytes together; `most` at once. Returns how many.
  int forget_oldest(UnixTime ended_before, std::uint64_t kept, int most);

  std::optional<Record> find(const std::string& id);
  /// Of one that is over and has a reply. Nothing where it is forgotten.
  std::optional<Content> result(const Record& record);
  std::vector<Record> list(const Filter& filter);
  /// The first of the queued ones that came after that sequence, in the order of arrival.
  std::vector<Waiting> waiting(std::int64_t after, int limit);
  Figures figures();

  /// How long one may hold it that looks at it with a program of SQLite's.
  static constexpr int kBusyMs = 1000;

 private:
  static constexpr char kContentFile[] = ".content";
  static constexpr char kResultFile[] = ".result";

  SQLite::Statement& prepared(const char* sql);
  std::uint64_t unused();
  void make_room();
  std::optional<Submitted> known(const Submission& submission, const std::string& digest);
  void put(const char* table, const char* suffix, const Record& record, const Content& content);
  std::optional<Content> get(const char* table, const char* suffix, const Record& record, std::uint64_t size);
  void drop_content(const Record& record);
  void erase(const Record& record);
  void settle();
  void count_all();
  void sweep_files();

  Folder folder_;
  SQLite::Database database_;
  loop::UniqueFd file_;
  std::map<const char*, std::unique_ptr<SQLite::Statement>> prepared_;
  Figures figures_, figures_before_;
  Clock::time_point make_room_again_{};
  std::vector<std::string> written_;  // files of this transaction
  std::vector<std::string> doomed_;   // files to be removed once it is committed
};

}  // namespace jobs
