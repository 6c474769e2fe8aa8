/* Files that firmware may touch: names inside one directory of the host, and nothing outside it.

   A name is relative, at most HOST_NAME_MAX bytes, and has no ".." component. No component may be a symbolic link, not
   even one that stays inside: then there is nothing to resolve and nothing to race. Only regular files are opened.
   Every function returns -1 with errno set (EACCES for a name that is not allowed). */
#ifndef CMSIM_MACHINE_HOST_DIRECTORY_H
#define CMSIM_MACHINE_HOST_DIRECTORY_H

enum { HOST_NAME_MAX = 1023 };

/* ROOT is a descriptor of the directory; -1 allows nothing. FLAGS as for open(). Returns a descriptor. */
int host_directory_open(int root, const char *name, int flags);
int host_directory_remove(int root, const char *name);
int host_directory_rename(int root, const char *from, const char *to);

#endif
