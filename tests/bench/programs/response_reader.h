#pragma once
// Finds the end of one HTTP/1.1 response in a stream of bytes, and keeps nothing of its body. Knows no
// socket. It understands what the servers of the benchmark send: Content-Length, chunked, or a body up to the
// close.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

class ResponseReader {
 public:
  /// Takes bytes in any portions; true once the response is whole (or broken). Bytes after its end are
  /// dropped, since the client never sends a request before it has the answer to the one before.
  bool feed(std::string_view bytes);

  /// The peer closed the stream; true where that is a proper end of this response.
  bool end_of_stream() const { return state_ == State::until_close || state_ == State::done; }

  /// What is known once feed() returned true.
  bool broken() const { return state_ == State::broken; }
  int status() const { return status_; }
  bool keeps_alive() const { return keeps_alive_; }

  /// Ready for the next response.
  void reset() { *this = ResponseReader(); }

 private:
  enum class State {
    head,
    sized_body,
    chunk_size,
    chunk_data,
    chunk_end,
    trailer,
    until_close,
    done,
    broken
  };

  void read_head();
  void read_chunk_size(std::string_view line);
  std::optional<std::string> next_line(std::string_view& bytes);

  State state_ = State::head;
  std::string text_;             // the head, or the line that is being read
  std::uint64_t remaining_ = 0;  // bytes of the body or of the chunk still to come
  int status_ = 0;
  bool keeps_alive_ = true;
};

}  // namespace bench
