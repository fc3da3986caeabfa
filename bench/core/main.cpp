// ekws-bench-core [rounds [scale [contenders]]]: CPU time a message of the receivers beside it, side by side. Scale 1,
// 0.4 s of CPU each, is what the report uses; contenders are separated by commas, any ekws-receive-… beside it. A line
// of JSON for each measurement:
//   bench       "core"
//   round       from 1
//   contender   "bound", "ours", "stock" (websocketpp), "beast"; over TLS also "ahead", a bound that reads ahead
//   size        payload bytes of a message
//   type        "text" or "binary"
//   tls         true: over TLS 1.3; the bound is then SSL_read and nothing else
//   compressed  true: permessage-deflate without context take-over; the bound inflates, too
//   messages    how many were measured
//   cpu_us      user and system time of the receiving process, all threads, a message
//   wall_us     time a message
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "receiver.h"
#include "sender.h"
#include "support/certificates.h"

namespace {

using ekws_bench::Work;

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
      ::execl(program.c_str(), program.c_str(), messages.c_str(), size.c_str(), work.text ? "text" : "binary",
              work.compressed ? "deflate" : "plain", work.tls() ? work.folder.c_str() : nullptr, nullptr);
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

/// What one receiver is measured with.
struct Task {
  std::string contender;
  Work work;
};

constexpr double kCpuUs = 400'000;  ///< that a measurement is to take: the clock and the start are far below
constexpr std::uint64_t kFew = 200;

/// So many messages that a receiver takes about `cpu_us` for them, whoever it is. Found by taking more and more.
std::uint64_t messages_for(const std::string& folder, Task task, double cpu_us) {
  for (task.work.messages = kFew;;) {
    const Reading r = measure(folder, task.contender, task.work);
    if (r.cpu_us >= cpu_us / 20) {
      return std::max(kFew, static_cast<std::uint64_t>(cpu_us / r.cpu_us * r.messages));
    }
    task.work.messages *= 8;
  }
}

std::vector<Work> all_work(const std::string& certificate_folder) {
  std::vector<Work> all;
  for (const std::size_t size : {92, 1024, 16384, 65536}) {
    for (const bool text : {true, false}) all.push_back({0, size, text});
  }
  for (const std::size_t size : {92, 1024, 16384, 65536}) all.push_back({0, size, true, false, certificate_folder});
  for (const std::size_t size : {92, 1024, 16384, 65536}) all.push_back({0, size, true, true});
  return all;
}

/// In groups of those that are compared.
std::vector<std::vector<Task>> all_tasks(const std::string& certificate_folder,
                                         const std::vector<std::string>& contenders) {
  std::vector<std::vector<Task>> all;
  for (const Work& work : all_work(certificate_folder)) {
    all.emplace_back();
    for (const std::string& contender : contenders) {
      if (contender != "ahead" || work.tls()) all.back().push_back({contender, work});
    }
  }
  return all;
}

void print(int round, const Task& task, const Reading& r) {
  std::printf(R"({"bench":"core","round":%d,"contender":"%s","size":%zu,"type":"%s","tls":%s,"compressed":%s,)"
              R"("messages":%.0f,"cpu_us":%.4f,"wall_us":%.4f})"
              "\n",
              round, task.contender.c_str(), task.work.size, task.work.text ? "text" : "binary",
              task.work.tls() ? "true" : "false", task.work.compressed ? "true" : "false", r.messages,
              r.cpu_us / r.messages, r.wall_us / r.messages);
  std::fflush(stdout);
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> all;
  std::stringstream in(list);
  for (std::string one; std::getline(in, one, ',');) all.push_back(one);
  return all;
}

std::string folder_of(const std::string& program) {
  const auto slash = program.rfind('/');
  return slash == std::string::npos ? "." : program.substr(0, slash);
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 5;
  const double scale = argc > 2 ? std::atof(argv[2]) : 1;
  const auto contenders = split(argc > 3 ? argv[3] : "bound,ahead,ours,stock,beast");
  try {
    const ekws::test::Folder folder;
    const auto certificate = ekws::test::self_signed({});
    folder.write("cert.pem", certificate.pem());
    folder.write("key.pem", certificate.key_pem());
    const std::string programs = folder_of(argv[0]);
    auto tasks = all_tasks(folder.path(), contenders);
    for (auto& group : tasks) {
      for (Task& task : group) task.work.messages = messages_for(programs, task, kCpuUs * scale);
    }
    std::mt19937 random(1);  // another order each round, the same in each run
    for (int round = 1; round <= rounds; ++round) {
      for (auto& group : tasks) {
        std::shuffle(group.begin(), group.end(), random);
        for (const Task& task : group) print(round, task, measure(programs, task.contender, task.work));
      }
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "ekws-bench-core: %s\n", e.what());
    return 1;
  }
}
