/* Runs a command and prints what it took: seconds of processor time (user and system), seconds of wall time, peak
   memory in KB. Its output is dropped, its errors are not; its exit status is handed on.

   Usage: measure COMMAND [ARGUMENT...]. Processor time is what repeats on a machine that has other work as well. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds_of(struct timeval t) { return (double)t.tv_sec + (double)t.tv_usec / 1e6; }

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  enum { CANNOT_RUN = 127 };
  if (argc < 2) {
    fprintf(stderr, "usage: measure COMMAND [ARGUMENT...]\n");
    return 2;
  }
  double start = now();
  pid_t child = fork();
  if (child == 0) {
    int nowhere = open("/dev/null", O_RDWR);
    if (nowhere < 0 || dup2(nowhere, STDIN_FILENO) < 0 || dup2(nowhere, STDOUT_FILENO) < 0) _exit(CANNOT_RUN);
    execvp(argv[1], argv + 1);
    perror(argv[1]);
    _exit(CANNOT_RUN);
  }
  int status;
  struct rusage used;
  if (child < 0 || wait4(child, &status, 0, &used) != child) {
    perror("measure");
    return CANNOT_RUN;
  }
  printf("%.6f %.6f %ld\n", seconds_of(used.ru_utime) + seconds_of(used.ru_stime), now() - start, used.ru_maxrss);
  return WIFEXITED(status) ? WEXITSTATUS(status) : CANNOT_RUN;
}
