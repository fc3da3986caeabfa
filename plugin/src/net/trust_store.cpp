#include "net/trust_store.h"

#include <dirent.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/fd.h"

namespace ekws::net {

namespace {

// Debian and its kin, Fedora, openSUSE, OpenELEC, CentOS 7, Alpine.
const char* const kFiles[] = {"/etc/ssl/certs/ca-certificates.crt",
                              "/etc/pki/tls/certs/ca-bundle.crt",
                              "/etc/ssl/ca-bundle.pem",
                              "/etc/pki/tls/cacert.pem",
                              "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
                              "/etc/ssl/cert.pem"};
const char* const kFolders[] = {"/etc/ssl/certs", "/etc/pki/tls/certs"};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

bool load_file(X509_STORE* store, const std::string& path) { return X509_STORE_load_file(store, path.c_str()) == 1; }

/// Every file, as Go does: the folder need not have OpenSSL's hashed names.
bool load_folder(X509_STORE* store, const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), &::closedir);
  if (!folder) return false;
  bool any = false;
  while (const dirent* entry = ::readdir(folder.get())) {
    if (entry->d_name[0] != '.') any = load_file(store, path + "/" + entry->d_name) || any;
  }
  return any;
}

/// Files that cannot be opened for want of a descriptor would count as not there.
void want_descriptors() {
  const Fd fd(::open("/", O_RDONLY | O_CLOEXEC));
  if (fd || (errno != EMFILE && errno != ENFILE)) return;
  throw Failure(
      {EKWS_E_DESCRIPTORS, std::string("no descriptor to read the system's CA certificates: ") + strerror(errno)});
}

}  // namespace

bool load_system_trust(ssl_ctx_st* context) {
  want_descriptors();
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  bool any = false;
  const std::string file = environment("SSL_CERT_FILE");
  if (!file.empty()) {
    any = load_file(store, file);
  } else {
    for (const char* each : kFiles) {
      if (!any) any = load_file(store, each);
    }
  }
  std::vector<std::string> folders;
  const std::string given = environment("SSL_CERT_DIR");
  for (std::size_t begin = 0; begin < given.size();) {
    const std::size_t end = std::min(given.find(':', begin), given.size());
    folders.push_back(given.substr(begin, end - begin));
    begin = end + 1;
  }
  if (folders.empty()) folders.assign(std::begin(kFolders), std::end(kFolders));
  for (const std::string& each : folders) any = load_folder(store, each) || any;
  ERR_clear_error();  // of the places that do not exist
  return any;
}

}  // namespace ekws::net
