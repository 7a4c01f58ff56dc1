#include "server/front_door/receiving.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "server/loop/size_limits.h"

namespace front_door {
namespace {

using Step = RequestReader::Step;

// What a request under way takes besides its bytes: its turn, and the coroutines that wait for it.
constexpr std::size_t kFrames = 3 * 1024;

}  // namespace

bool Receiving::end(std::string_view why) {
  why_ = why;
  return false;
}

bool Receiving::refuse(Incoming& request, Refusal refusal) {
  socket_.leave();
  socket_.forgive();
  request.refusal = std::move(refusal);
  return false;
}

// Asio reads the request when it comes: a wait, and then a read, would be two system calls. A request counts,
// even if it comes with the deadline or the drain.
awaitable<std::string_view> Receiving::first_bytes() {
  boost::system::error_code error;
  if (!first_) first_ = std::make_unique_for_overwrite<First>();
  // Who was accepted just before the drain still has its last call.
  (door_.draining ? door_.deadlines.last_call : door_.deadlines.idle).join(socket_);
  const auto count = co_await socket_.receive(asio::buffer(*first_), error);
  socket_.leave();
  if (count)
    socket_.forgive();
  else if (error == asio::error::eof)
    end("client");
  else if (error != asio::error::operation_aborted)
    end("client_reset");
  else
    end(socket_.late() && !door_.draining ? "idle_timeout" : "drained");
  co_return std::string_view(first_->data(), count);
}

// One read, and as much of a request as it holds. False where the connection is over.
bool Receiving::receive(Incoming& request) {
  auto& buffer = door_.read_buffer;
  ssize_t count;
  do count = ::recv(socket_.descriptor(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  while (count < 0 && errno == EINTR);
  if (count < 0) return errno == EAGAIN ? true : end("client_reset");
  if (count == 0) return end("client");
  parse(request, {buffer.data(), static_cast<std::size_t>(count)});
  return true;
}

void Receiving::parse(Incoming& request, std::string_view bytes) {
  const bool kept = !received_.empty();
  if (kept) received_ += bytes;
  std::size_t used = 0;
  request.step = request.reader.advance(kept ? received_ : bytes, used);
  if (!kept)
    received_.assign(bytes.substr(used));
  else if (used < received_.size())
    received_.erase(0, used);
  else
    std::string().swap(received_);  // a slow content may follow a long head
}

// The head has one deadline from its first byte to its last, the content another: a client that sends a byte
// now and then does not win time.
awaitable<bool> Receiving::read(Incoming& request) {
  if (!receive(request)) co_return false;  // there may be more than `first_` holds
  door_.deadlines.header.join(socket_);
  while (request.step == Step::need_head) {
    const bool more = co_await read_more(request, "header_timeout");
    if (!more) co_return false;
  }
  socket_.leave();
  socket_.forgive();
  // Who asks first is answered by its head, or asked for the rest by whoever wants it.
  if (request.step != Step::need_body || request.reader.expects_continue()) co_return true;
  co_return co_await read_content(request);
}

awaitable<bool> Receiving::read_content(Incoming& request) {
  const auto length = request.reader.content_length().value_or(0);
  if (request.reader.terms().may_spool && length > std::max(kInMemory, door_.scratch.most()))
    co_return refuse(request, no_scratch(door_.scratch, length));
  door_.deadlines.body.join(socket_);
  while (request.step == Step::need_body) {
    const bool more = co_await read_more(request, "body_timeout");
    if (!more) co_return false;
    if (!must_spool(request)) continue;
    const bool spooled = co_await spool(request);
    if (!spooled) co_return false;
    if (const auto known = request.reader.content_length()) {
      const bool whole = co_await spool_rest(request, *known);
      if (!whole) co_return false;
    }
  }
  socket_.leave();
  socket_.forgive();
  if (request.step != Step::complete || !request.spool || request.reader.body_size() == 0) co_return true;
  co_return co_await spool(request);  // the last piece
}

// False where `request.refusal` says why not. The deadline may have passed while nobody waited.
awaitable<bool> Receiving::readable(Incoming& request, std::string_view too_late) {
  account(request);
  if (!door_.has_memory()) co_return refuse(request, door_.no_memory());
  bool in_time = !socket_.late();
  if (in_time) in_time = co_await socket_.wait(Socket::wait_read);
  if (in_time) co_return true;
  const auto flag = too_late == "body_timeout" ? "body-timeout" : "header-timeout";
  const auto detail = fmt::format("the request did not come in time (--{})", flag);
  co_return refuse(request, {408, too_late, detail});
}

// One wait and one read.
awaitable<bool> Receiving::read_more(Incoming& request, std::string_view too_late) {
  const bool is_readable = co_await readable(request, too_late);
  if (!is_readable) co_return false;
  if (request.step == Step::need_body) co_await door_.turns.next();
  co_return receive(request);
}

bool Receiving::must_spool(const Incoming& request) const {
  const auto& reader = request.reader;
  if (!reader.terms().may_spool || reader.body_size() < kSpooledAtOnce) return false;
  return request.spool || reader.content_length().value_or(reader.body_size()) > kInMemory;
}

// Nothing is read meanwhile: a client is no faster than the disk.
awaitable<bool> Receiving::spool(Incoming& request) {
  if (!request.spool) request.spool = std::make_unique<Spool>(door_.scratch);
  const auto before = request.spool->size();
  auto piece = request.reader.release_body();
  auto refusal = co_await request.spool->append(std::move(piece));
  if (refusal) co_return refuse(request, std::move(*refusal));
  if (request.step == Step::need_body) earn_time(*request.spool, before);
  co_return true;
}

// What has a known length is no parser's any more, so the loop only waits for it.
awaitable<bool> Receiving::spool_rest(Incoming& request, std::size_t length) {
  auto& spool = *request.spool;
  while (spool.size() < length) {
    const bool is_readable = co_await readable(request, "body_timeout");
    if (!is_readable) co_return false;
    const auto before = spool.size();
    auto received = co_await spool.receive(socket_.descriptor(), length - before);
    if (received.refusal) co_return refuse(request, std::move(*received.refusal));
    if (!received.end.empty()) co_return end(received.end);
    earn_time(spool, before);
  }
  request.step = Step::complete;
  co_return true;
}

// Each kInMemory bytes have a --body-timeout of their own.
void Receiving::earn_time(const Spool& spool, std::size_t before) {
  if (spool.size() / kInMemory == before / kInMemory) return;
  socket_.forgive();
  door_.deadlines.body.join(socket_);
}

void Receiving::account(const Incoming& request) {
  account_.set(kFrames + received_.capacity() + request.reader.memory());
}

std::size_t Receiving::hand_over(Incoming& request, Request& to) {
  const auto memory = request.reader.body_memory();
  to.body = request.reader.release_body();
  if (request.spool) to.file = request.spool->finish();
  account_.set(received_.capacity());
  return memory;
}

void Receiving::shrink() {
  if (received_.empty()) received_.shrink_to_fit();
  account_.set(received_.capacity());
}

void Receiving::forget() {
  std::string().swap(received_);  // an assignment would keep its memory
  account_.set(received_.capacity());
}

}  // namespace front_door
