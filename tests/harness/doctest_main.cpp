// main() of the tests, which tells meson where every test case that was asked for had to be left out.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>

namespace {

constexpr int kSkipped = 77;  // as meson understands it
unsigned cases_run = 0;

struct CasesRun final : doctest::IReporter {
  explicit CasesRun(const doctest::ContextOptions&) {}
  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats& run) override { cases_run = run.numTestCasesPassingFilters; }
  void test_case_start(const doctest::TestCaseData&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}
};

REGISTER_LISTENER("cases_run", 1, CasesRun);

}  // namespace

int main(int argc, char** argv) {
  // Crunchers of the tests are not the server's own, and root must say that they may run as root.
  if (::geteuid() == 0) ::setenv("CRUNCHERD_USER", "root", 0);
  doctest::Context context(argc, argv);
  const int result = context.run();
  return result == 0 && cases_run == 0 && !context.shouldExit() ? kSkipped : result;
}
