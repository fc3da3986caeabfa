// ekws-bench-core [rounds [scale]]: CPU time a message of the receivers beside it, side by side, a line of JSON for
// each measurement. Scale 1 is what the report uses.
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>

#include "receiver.h"
#include "sender.h"

namespace {

using ekws_bench::Work;

constexpr const char* kContenders[] = {"bound", "ours", "stock", "beast"};

struct Reading {
  double messages = 0;
  double cpu_us = 0;  ///< user and system time of all threads
  double wall_us = 0;
};

class Process {
 public:
  Process(const std::string& program, const Work& work) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    const std::string messages = std::to_string(work.messages);
    const std::string size = std::to_string(work.size);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // whatever ends us ends it
      ::dup2(ends[1], STDOUT_FILENO);
      ::close(ends[0]);
      ::close(ends[1]);
      ::execl(program.c_str(), program.c_str(), messages.c_str(), size.c_str(), work.text ? "text" : "binary", nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    output_ = ::fdopen(ends[0], "r");
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    ::kill(pid_, SIGKILL);  // it has ended, unless something went wrong
    ::waitpid(pid_, nullptr, 0);
    std::fclose(output_);
  }
  FILE* output() { return output_; }

 private:
  pid_t pid_ = -1;
  FILE* output_ = nullptr;
};

Reading measure(const std::string& folder, const std::string& contender, const Work& work) {
  Process process(folder + "/ekws-receive-" + contender, work);
  unsigned port = 0;
  if (std::fscanf(process.output(), "%u", &port) != 1) throw std::runtime_error(contender + " does not listen");
  ekws_bench::send_all(static_cast<std::uint16_t>(port), work);
  Reading reading;
  if (std::fscanf(process.output(), "%lf %lf %lf", &reading.messages, &reading.cpu_us, &reading.wall_us) != 3) {
    throw std::runtime_error(contender + " failed");
  }
  return reading;
}

/// So that a measurement takes half a second or more.
std::uint64_t messages_for(std::size_t size, double scale) {
  const double bytes = size < 512 ? 100e6 : size < 16384 ? 400e6 : 2000e6;
  return static_cast<std::uint64_t>(bytes * scale / static_cast<double>(size)) + 100;
}

std::string folder_of(const std::string& program) {
  const auto slash = program.rfind('/');
  return slash == std::string::npos ? "." : program.substr(0, slash);
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 5;
  const double scale = argc > 2 ? std::atof(argv[2]) : 1;
  try {
    for (int round = 1; round <= rounds; ++round) {
      for (const std::size_t size : {std::size_t{92}, std::size_t{1024}, std::size_t{65536}}) {
        for (const bool text : {true, false}) {
          for (const char* contender : kContenders) {
            const Work work{messages_for(size, scale), size, text};
            const Reading r = measure(folder_of(argv[0]), contender, work);
            std::printf(R"({"bench":"core","round":%d,"contender":"%s","size":%zu,"type":"%s","messages":%.0f,)"
                        R"("cpu_us":%.4f,"wall_us":%.4f})"
                        "\n",
                        round, contender, size, text ? "text" : "binary", r.messages, r.cpu_us / r.messages,
                        r.wall_us / r.messages);
            std::fflush(stdout);
          }
        }
      }
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "ekws-bench-core: %s\n", e.what());
    return 1;
  }
}
