#pragma once
// What goes wrong before a request is read, which no request can ask for: a file named `mood` beside the
// executable does. Without that file the program reads its request like any other.

namespace unruly {

/// Does what the mood file says, if there is one:
///   die N         ends by signal N
///   quit N        exits with N
///   answer_first  answers a call that it has not read, then waits
///   never_read    waits without reading
///   close_input   closes stdin and waits
///   close_output  closes stdout and waits
///   blind         answers {} to a call that it does not read
void follow_mood();

}  // namespace unruly
