#include "net/port_owner.h"

#include <dirent.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <set>
#include <sstream>
#include <string>

#include "base/error.h"
#include "base/file.h"

namespace ekws::net {

namespace {

constexpr std::size_t kLargestTable = 64 << 20;

/// Inodes of the sockets that listen on `port`, from one table of the kernel (proc(5), /proc/net/tcp).
void add_listeners(const char* table, std::uint16_t port, std::set<std::string>& inodes) {
  std::string error;  // then nothing is known of it
  std::istringstream file(read_small_file(table, kLargestTable, error));
  file.exceptions(std::ios::badbit);  // or a line for which there is no memory would be the last one
  std::string line;
  std::getline(file, line);  // headings
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    fields.exceptions(std::ios::badbit);
    std::string slot, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
    fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> uid >> timeout >> inode;
    const auto colon = local.rfind(':');
    if (state != "0A" || colon == std::string::npos) continue;  // 0A: listening
    if (std::stoul(local.substr(colon + 1), nullptr, 16) == port) inodes.insert("socket:[" + inode + "]");
  }
}

bool is_ours(const std::set<std::string>& inodes) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/fd"), &::closedir);
  if (!folder) return false;
  while (const dirent* entry = ::readdir(folder.get())) {
    std::array<char, 64> target{};
    const std::string link = std::string("/proc/self/fd/") + entry->d_name;
    const ssize_t size = ::readlink(link.c_str(), target.data(), target.size());
    if (size > 0 && inodes.count(std::string(target.data(), static_cast<std::size_t>(size))) != 0) return true;
  }
  return false;
}

}  // namespace

PortOwner port_owner(std::uint16_t port) {
  std::set<std::string> inodes;
  try {
    add_listeners("/proc/self/net/tcp", port, inodes);
    add_listeners("/proc/self/net/tcp6", port, inodes);
  } catch (const Failure&) {
    return PortOwner::nobody;  // no descriptor to look
  }
  if (inodes.empty()) return PortOwner::nobody;
  return is_ours(inodes) ? PortOwner::this_process : PortOwner::another_process;
}

}  // namespace ekws::net
