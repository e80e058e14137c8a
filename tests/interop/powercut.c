/* What a power cut leaves: a library to preload, and the program that lays the result out.
 *
 *   cc -shared -fPIC -o powercut.so powercut.c -ldl -lpthread     cc -DPROGRAM -o powercut powercut.c
 *   POWERCUT_ROOT=DIR POWERCUT_IMAGE=IMAGE LD_PRELOAD=powercut.so SERVER ...      powercut IMAGE NEWDIR
 *
 * IMAGE holds what is durable below DIR: the contents of each file as of its last fsync or fdatasync, and the
 * entries of each folder as of its last fsync. Everything there when the process starts counts as durable. A file
 * that was created and synced, but whose folder was not, is lost; so are renames and removals. Real disks lose
 * less: nothing that was not synced survives here. Each sync takes two milliseconds, so that kills fall into it.
 *
 * Layout: IMAGE/root is the identity of DIR, IMAGE/f.ID the durable contents of a file, IMAGE/d.ID the entries of a
 * folder, a line each: kind, mode, identity, name. An identity is inode number and birth time, since numbers are
 * used again. A kill in the middle of a copy leaves part of what was being synced, as a disk would. SQLite's -shm
 * files are rebuilt after a crash and are left out, and so are sockets and links. Linux only.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void keep_time(int from, int to) {
  struct stat s;
  if (fstat(from, &s)) return;
  struct timespec times[2] = { s.st_atim, s.st_mtim };
  futimens(to, times);
}

#ifdef PROGRAM

static void die(const char *what) { perror(what); exit(1); }

static void lay_file(const char *from, const char *to, unsigned mode) {
  static char buffer[1 << 16];
  int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, mode), in = open(from, O_RDONLY);
  if (out < 0) die(to);
  for (ssize_t n; in >= 0 && (n = read(in, buffer, sizeof buffer)) > 0;)
    if (write(out, buffer, (size_t)n) != n) die(to);
  chmod(to, mode);
  if (in >= 0) { /* none: created, never synced, so empty */
    keep_time(in, out);
    close(in);
  }
  close(out);
}

static void lay_folder(const char *image, const char *id, const char *to) {
  char path[PATH_MAX], line[PATH_MAX], kind, child[64], name[NAME_MAX + 1];
  unsigned mode;
  snprintf(path, sizeof path, "%s/d.%s", image, id);
  FILE *entries = fopen(path, "r");
  while (entries && fgets(line, sizeof line, entries)) {
    if (sscanf(line, "%c %o %63s %255[^\n]", &kind, &mode, child, name) != 4) die("image");
    char from[PATH_MAX], at[PATH_MAX];
    snprintf(from, sizeof from, "%s/f.%s", image, child);
    snprintf(at, sizeof at, "%s/%s", to, name);
    if (kind == 'f') { lay_file(from, at, mode); continue; }
    if (mkdir(at, mode)) die(at);
    lay_folder(image, child, at);
  }
  if (entries) fclose(entries);
}

int main(int argc, char **argv) {
  char path[PATH_MAX], id[64];
  if (argc != 3) { fprintf(stderr, "usage: powercut IMAGE NEWDIR\n"); return 2; }
  snprintf(path, sizeof path, "%s/root", argv[1]);
  FILE *root = fopen(path, "r");
  if (!root || fscanf(root, "%63s", id) != 1) die(path);
  if (mkdir(argv[2], 0755)) die(argv[2]);
  lay_folder(argv[1], id, argv[2]);
  return 0;
}

#else

static char root[PATH_MAX], image[PATH_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int (*real_fsync)(int), (*real_fdatasync)(int);

static int identity(int at, const char *name, char id[64], unsigned *mode) {
  struct statx s;
  int flags = *name ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH;
  if (statx(at, name, flags, STATX_BASIC_STATS | STATX_BTIME, &s)) return -1;
  snprintf(id, 64, "%llu-%lld.%u", (unsigned long long)s.stx_ino, (long long)s.stx_btime.tv_sec, s.stx_btime.tv_nsec);
  *mode = s.stx_mode;
  return 0;
}

/* Makes the durable copy of an open file equal to the file; writes only the blocks that differ. */
static void keep_file(int fd, const char *id) {
  static char now[1 << 16], before[1 << 16];
  char path[PATH_MAX], self[64];
  snprintf(path, sizeof path, "%s/f.%s", image, id);
  snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
  int in = open(self, O_RDONLY | O_CLOEXEC), out = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  off_t at = 0;
  for (ssize_t n; in >= 0 && out >= 0 && (n = pread(in, now, sizeof now, at)) > 0; at += n)
    if (pread(out, before, (size_t)n, at) != n || memcmp(now, before, (size_t)n))
      if (pwrite(out, now, (size_t)n, at) != n) { perror("powercut"); abort(); }
  if (in < 0 || out < 0 || ftruncate(out, at)) { perror(path); abort(); }
  keep_time(in, out);
  close(in);
  close(out);
}

static int left_out(const char *name) {
  size_t n = strlen(name);
  return !strcmp(name, ".") || !strcmp(name, "..") || (n > 4 && !strcmp(name + n - 4, "-shm"));
}

/* Writes down the entries that a folder has now, in one step. With `deep`, everything below too. */
static void keep_folder(int fd, const char *id, int deep) {
  char path[PATH_MAX], new[PATH_MAX + 8], child[64];
  unsigned mode;
  snprintf(path, sizeof path, "%s/d.%s", image, id);
  snprintf(new, sizeof new, "%s.new", path);
  int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *folder = again < 0 ? NULL : fdopendir(again);
  FILE *out = fopen(new, "we");
  if (!folder || !out) { perror(new); abort(); }
  for (struct dirent *e; (e = readdir(folder));) {
    if (left_out(e->d_name) || identity(fd, e->d_name, child, &mode)) continue;
    if (!S_ISREG(mode) && !S_ISDIR(mode)) continue;
    fprintf(out, "%c %o %s %s\n", S_ISDIR(mode) ? 'd' : 'f', mode & 07777, child, e->d_name);
    int below = deep ? openat(fd, e->d_name, O_RDONLY | O_CLOEXEC) : -1;
    if (below < 0) continue;
    if (S_ISDIR(mode)) keep_folder(below, child, 1); else keep_file(below, child);
    close(below);
  }
  closedir(folder);
  fclose(out);
  if (rename(new, path)) { perror(path); abort(); }
}

__attribute__((constructor)) static void start(void) {
  real_fsync = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  const char *from = getenv("POWERCUT_ROOT"), *to = getenv("POWERCUT_IMAGE");
  if (!from || !to) return;
  char path[PATH_MAX + 8], id[64];
  unsigned mode;
  int fd = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || !realpath(from, root) || (mkdir(to, 0755) && errno != EEXIST) || !realpath(to, image)) {
    perror("powercut: POWERCUT_ROOT and POWERCUT_IMAGE");
    abort();
  }
  identity(fd, "", id, &mode);
  keep_folder(fd, id, 1);
  close(fd);
  snprintf(path, sizeof path, "%s/root", image);
  FILE *out = fopen(path, "we");
  if (!out) { perror(path); abort(); }
  fprintf(out, "%s\n", id);
  fclose(out);
}

static int keep(int fd) {
  char self[64], path[PATH_MAX], id[64];
  unsigned mode;
  snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(self, path, sizeof path - 1);
  if (n < 0) return -1;
  path[n] = 0;
  size_t length = strlen(root);
  if (!*root || strncmp(path, root, length) || (path[length] && path[length] != '/')) return -1;
  if (identity(fd, "", id, &mode)) return -1;
  usleep(1000);
  pthread_mutex_lock(&lock);
  if (S_ISDIR(mode)) keep_folder(fd, id, 0); else keep_file(fd, id);
  pthread_mutex_unlock(&lock);
  usleep(1000);
  return 0;
}

int fsync(int fd) { return keep(fd) ? real_fsync(fd) : 0; }
int fdatasync(int fd) { return keep(fd) ? real_fdatasync(fd) : 0; }

#endif
