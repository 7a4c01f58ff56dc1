#include "server/jobs/database.h"

#include <fmt/format.h>

#include "server/jobs/digest.h"
#include "server/loop/size_limits.h"

namespace jobs {
namespace {

constexpr char kContents[] = "contents", kResults[] = "results";

// Room that stays free where a job is accepted, so that what is accepted can be brought to an end, and where
// a result is stored, so that others can end without one.
constexpr std::uint64_t kKeptForEnds = 512 * 1024, kKeptForWords = 128 * 1024;

// Of the view `records`.
Record record_of(SQLite::Statement& row) {
  Record record;
  int column = 0;
  record.sequence = row.getColumn(column++).getInt64();
  record.id = row.getColumn(column++).getString();
  record.owner = row.getColumn(column++).getString();
  record.client = row.getColumn(column++).getString();
  record.task = row.getColumn(column++).getString();
  record.state = static_cast<State>(row.getColumn(column++).getInt());
  record.attempts = row.getColumn(column++).getInt();
  record.retries = row.getColumn(column++).getInt();
  record.created = row.getColumn(column++).getInt64();
  record.started = row.getColumn(column++).getInt64();
  record.ended = row.getColumn(column++).getInt64();
  record.status = row.getColumn(column++).getInt();
  record.type = row.getColumn(column++).getString();
  record.reason = row.getColumn(column++).getString();
  record.result_size = static_cast<std::uint64_t>(row.getColumn(column++).getInt64());
  record.usage = row.getColumn(column++).getString();
  return record;
}

std::uint64_t& count(Figures& figures, State state) {
  return figures.by_state[static_cast<std::size_t>(state)];
}

}  // namespace

SQLite::Statement& Database::prepared(const char* sql) {
  auto found = prepared_.find(sql);
  if (found == prepared_.end())
    found = prepared_.emplace(sql, std::make_unique<SQLite::Statement>(database_, sql)).first;
  auto& statement = *found->second;
  statement.reset();
  statement.clearBindings();
  return statement;
}

void Database::put(const char* table, const char* suffix, const Record& record, const Content& content) {
  if (content.size > loop::kInFile) {
    written_.push_back(record.id + suffix);
    return folder_.write(record.id + suffix, content);
  }
  auto& insert = prepared(table == kContents ? "INSERT OR REPLACE INTO contents VALUES (?, ?)"
                                             : "INSERT OR REPLACE INTO results VALUES (?, ?)");
  const auto of_file = content.file ? read_all(content) : std::string();
  const auto& bytes = content.file ? of_file : content.bytes;
  insert.bind(1, record.sequence);
  insert.bindNoCopy(2, bytes.data(), static_cast<int>(bytes.size()));
  insert.exec();
}

std::optional<Content> Database::get(const char* table, const char* suffix, const Record& record,
                                     std::uint64_t size) {
  if (size > loop::kInFile) {
    auto file = folder_.open(record.id + suffix, size);
    if (!file) return std::nullopt;
    return Content{{}, std::move(file), size};
  }
  auto& select = prepared(table == kContents ? "SELECT bytes FROM contents WHERE sequence = ?"
                                             : "SELECT bytes FROM results WHERE sequence = ?");
  select.bind(1, record.sequence);
  if (!select.executeStep()) return std::nullopt;
  return Content{select.getColumn(0).getString(), {}, size};
}

std::optional<Submitted> Database::known(const Submission& submission, const std::string& digest) {
  if (submission.key.empty()) return std::nullopt;
  auto& find = prepared("SELECT id, state, digest FROM jobs WHERE owner = ? AND client = ? AND key = ?");
  find.bind(1, submission.owner);
  find.bind(2, submission.client);
  find.bind(3, submission.key);
  if (!find.executeStep()) return std::nullopt;
  const bool same = find.getColumn(2).getString() == digest;
  return Submitted{same ? Submitted::How::known : Submitted::How::key_reused, find.getColumn(0).getString(),
                   static_cast<State>(find.getColumn(1).getInt())};
}

Submitted Database::submit(const Submission& submission, UnixTime at, std::uint64_t backlog) {
  const auto digest = submission.key.empty() ? std::string() : digest_of(submission);
  if (auto earlier = known(submission, digest)) return std::move(*earlier);
  if (count(figures_, State::queued) >= backlog) return {Submitted::How::full, {}, {}};
  folder_.must_have_room(submission.content.size, kKeptForEnds);
  auto& insert = prepared(
      "INSERT INTO jobs (id, owner, client, task, state, retries, created, query, content_type, accept, "
      "content_size, key, digest) VALUES (?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?)");
  int column = 0;
  for (const auto* text : {&submission.id, &submission.owner, &submission.client, &submission.task})
    insert.bindNoCopy(++column, *text);
  insert.bind(++column, submission.retries);
  insert.bind(++column, at);
  for (const auto* text : {&submission.query, &submission.content_type, &submission.accept})
    insert.bindNoCopy(++column, *text);
  insert.bind(++column, static_cast<std::int64_t>(submission.content.size));
  if (!submission.key.empty()) {
    insert.bind(++column, submission.key);
    insert.bind(++column, digest.data(), static_cast<int>(digest.size()));
  }
  insert.exec();
  Record record;
  record.id = submission.id;
  record.sequence = database_.getLastInsertRowid();
  put(kContents, kContentFile, record, submission.content);
  ++count(figures_, State::queued);
  figures_.bytes += submission.content.size;
  return {Submitted::How::stored, submission.id, State::queued};
}

std::optional<Begun> Database::start(const std::string& id, UnixTime at) {
  auto& update =
      prepared("UPDATE jobs SET state = 1, attempts = attempts + 1, started = ? WHERE id = ? AND state = 0");
  update.bind(1, at);
  update.bind(2, id);
  if (update.exec() == 0) return std::nullopt;
  Begun begun;
  begun.record = *find(id);
  begun.submission.id = id;
  begun.submission.task = begun.record.task;
  auto& select = prepared("SELECT query, content_type, accept, content_size FROM jobs WHERE id = ?");
  select.bind(1, id);
  select.executeStep();
  begun.submission.query = select.getColumn(0).getString();
  begun.submission.content_type = select.getColumn(1).getString();
  begun.submission.accept = select.getColumn(2).getString();
  const auto size = static_cast<std::uint64_t>(select.getColumn(3).getInt64());
  select.reset();
  --count(figures_, State::queued);
  ++count(figures_, State::running);
  if (auto content = get(kContents, kContentFile, begun.record, size)) {
    begun.submission.content = std::move(*content);
  } else {
    begun.record.state = State::failed;
    end(id, {State::failed, 0, {}, "content_lost", {}, {}}, at);
  }
  return begun;
}

bool Database::end(const std::string& id, const Ending& ending, UnixTime at) {
  const auto record = find(id);
  if (!record || is_over(record->state)) return false;
  if (ending.status != 0) folder_.must_have_room(ending.result.size, kKeptForWords);
  auto& update = prepared(
      "UPDATE jobs SET state = ?, ended = ?, status = ?, type = ?, reason = ?, result_size = ?, usage = ? "
      "WHERE id = ?");
  update.bind(1, static_cast<int>(ending.state));
  update.bind(2, at);
  update.bind(3, ending.status);
  update.bind(4, ending.type);
  update.bind(5, ending.reason);
  update.bind(6, static_cast<std::int64_t>(ending.result.size));
  update.bind(7, ending.usage);
  update.bind(8, id);
  update.exec();
  if (ending.status != 0) put(kResults, kResultFile, *record, ending.result);
  drop_content(*record);
  --count(figures_, record->state);
  ++count(figures_, ending.state);
  figures_.bytes += ending.result.size;
  figures_.kept += ending.result.size;
  return true;
}

void Database::drop_content(const Record& record) {
  auto& size = prepared("SELECT content_size FROM jobs WHERE sequence = ?");
  size.bind(1, record.sequence);
  size.executeStep();
  figures_.bytes -= static_cast<std::uint64_t>(size.getColumn(0).getInt64());
  size.reset();
  auto& erase = prepared("DELETE FROM contents WHERE sequence = ?");
  erase.bind(1, record.sequence);
  erase.exec();
  doomed_.push_back(record.id + kContentFile);
}

void Database::queue_again(const std::string& id, bool counted) {
  auto& update = prepared("UPDATE jobs SET state = 0, attempts = attempts - ? WHERE id = ? AND state = 1");
  update.bind(1, counted ? 0 : 1);
  update.bind(2, id);
  if (update.exec() == 0) return;
  --count(figures_, State::running);
  ++count(figures_, State::queued);
}

void Database::queue_all_again() {
  prepared("UPDATE jobs SET state = 0, attempts = attempts - 1 WHERE state = 1").exec();
  count(figures_, State::queued) += std::exchange(count(figures_, State::running), 0);
}

void Database::erase(const Record& record) {
  for (const auto* sql : {"DELETE FROM jobs WHERE sequence = ?", "DELETE FROM results WHERE sequence = ?"}) {
    auto& erase = prepared(sql);
    erase.bind(1, record.sequence);
    erase.exec();
  }
  if (record.result_size > loop::kInFile) doomed_.push_back(record.id + kResultFile);
  --count(figures_, record.state);
  figures_.bytes -= record.result_size;
  figures_.kept -= record.result_size;
}

bool Database::forget(const std::string& id) {
  const auto record = find(id);
  if (!record || !is_over(record->state)) return false;
  erase(*record);
  return true;
}

int Database::forget_oldest(UnixTime ended_before, std::uint64_t kept, int most) {
  int forgotten = 0;
  for (; forgotten < most; ++forgotten) {
    auto& oldest = prepared("SELECT * FROM records WHERE ended > 0 ORDER BY ended LIMIT 1");
    if (!oldest.executeStep()) break;
    const auto record = record_of(oldest);
    oldest.reset();
    if (record.ended >= ended_before && figures_.kept <= kept) break;
    erase(record);
  }
  return forgotten;
}

std::optional<Record> Database::find(const std::string& id) {
  auto& select = prepared("SELECT * FROM records WHERE id = ?");
  select.bind(1, id);
  if (!select.executeStep()) return std::nullopt;
  auto record = record_of(select);
  select.reset();
  return record;
}

std::optional<Content> Database::result(const Record& record) {
  return get(kResults, kResultFile, record, record.result_size);
}

std::vector<Record> Database::list(const Filter& filter) {
  auto& select = prepared(
      "SELECT * FROM records WHERE (?1 < 0 OR state = ?1) AND (?2 = '' OR task = ?2) AND (?3 OR owner = "
      "?4) AND (?5 = 0 OR sequence < ?5) ORDER BY sequence DESC LIMIT ?6");
  select.bind(1, filter.state ? static_cast<int>(*filter.state) : -1);
  select.bind(2, filter.task);
  select.bind(3, filter.owner ? 0 : 1);
  select.bind(4, filter.owner.value_or(""));
  select.bind(5, filter.before);
  select.bind(6, filter.limit);
  std::vector<Record> records;
  while (select.executeStep()) records.push_back(record_of(select));
  return records;
}

std::vector<Waiting> Database::waiting(std::int64_t after, int limit) {
  auto& select = prepared(
      "SELECT sequence, id, client, task FROM jobs WHERE state = 0 AND sequence > ? ORDER BY sequence LIMIT "
      "?");
  select.bind(1, after);
  select.bind(2, limit);
  std::vector<Waiting> some;
  while (select.executeStep())
    some.push_back({select.getColumn(0).getInt64(), select.getColumn(1).getString(),
                    select.getColumn(2).getString(), select.getColumn(3).getString()});
  return some;
}

Figures Database::figures() {
  auto& oldest = prepared("SELECT created FROM jobs WHERE state = 0 ORDER BY sequence LIMIT 1");
  figures_.oldest_queued = oldest.executeStep() ? oldest.getColumn(0).getInt64() : 0;
  oldest.reset();
  return figures_;
}

}  // namespace jobs
