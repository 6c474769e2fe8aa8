#include "machine/host_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool allowed(int root, const char *name) {
  if (root < 0 || name[0] == '/' || strlen(name) > HOST_NAME_MAX) {
    errno = EACCES;
    return false;
  }
  if (name[0] == '\0' || name[strlen(name) - 1] == '/') {
    errno = ENOENT;
    return false;
  }
  return true;
}

/* Walks to the directory that holds NAME's last component, which is copied to LAST. Returns a descriptor for the
   caller to close. */
static int open_parent(int root, const char *name, char last[HOST_NAME_MAX + 1]) {
  if (!allowed(root, name)) return -1;
  int directory = fcntl(root, F_DUPFD_CLOEXEC, 0);
  while (directory >= 0) {
    size_t length = strcspn(name, "/");
    memcpy(last, name, length);
    last[length] = '\0';
    name += length;
    if (strcmp(last, "..") == 0) {
      close(directory);
      errno = EACCES;
      return -1;
    }
    if (*name == '\0') return directory;
    name += strspn(name, "/");
    int next = openat(directory, last, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int reason = errno;
    close(directory);
    errno = reason;
    directory = next;
  }
  return -1;
}

int host_directory_open(int root, const char *name, int flags) {
  char last[HOST_NAME_MAX + 1];
  int parent = open_parent(root, name, last);
  if (parent < 0) return -1;
  /* A FIFO or device must neither block nor act before it is refused below. */
  int file = openat(parent, last, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0644);
  int reason = errno;
  close(parent);
  if (file < 0) {
    errno = reason;
    return -1;
  }
  struct stat about;
  if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) {
    close(file);
    errno = EACCES;
    return -1;
  }
  return file;
}

int host_directory_remove(int root, const char *name) {
  char last[HOST_NAME_MAX + 1];
  int parent = open_parent(root, name, last);
  if (parent < 0) return -1;
  int result = unlinkat(parent, last, 0);
  int reason = errno;
  close(parent);
  errno = reason;
  return result;
}

int host_directory_rename(int root, const char *from, const char *to) {
  char from_last[HOST_NAME_MAX + 1], to_last[HOST_NAME_MAX + 1];
  int from_parent = open_parent(root, from, from_last);
  if (from_parent < 0) return -1;
  int to_parent = open_parent(root, to, to_last);
  int result = to_parent < 0 ? -1 : renameat(from_parent, from_last, to_parent, to_last);
  int reason = errno;
  close(from_parent);
  if (to_parent >= 0) close(to_parent);
  errno = reason;
  return result;
}
