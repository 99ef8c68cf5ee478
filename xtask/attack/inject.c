/*
 * Makes one call of the C library's file functions fail, be interrupted or do less than it was asked for.
 *
 *   LD_PRELOAD      this library
 *   ARR_INJECT_AT   which of the calls it is, from 1 on
 *   ARR_INJECT      the number of an error, or 0: half of the bytes are read or written
 *   ARR_INJECT_MARK a file that is made when that call comes
 *
 * Calls on standard input, output and error are left alone. What is called without the C library is not seen.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static long calls;

/* The error of this call: -1 for none, 0 for a short count. */
static int chosen(void) {
    const char *at = getenv("ARR_INJECT_AT"), *error = getenv("ARR_INJECT"), *mark = getenv("ARR_INJECT_MARK");
    if (at == NULL || error == NULL || mark == NULL || __sync_add_and_fetch(&calls, 1) != atol(at))
        return -1;
    long file = syscall(SYS_openat, AT_FDCWD, mark, O_CREAT | O_WRONLY, 0600);
    if (file >= 0)
        syscall(SYS_close, file);
    return atoi(error);
}

#define REAL(name) static __typeof__(name) *real; if (real == NULL) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

/* A call that handles a number of bytes. */
#define COUNTED(file, count, call) \
    int error = (file) > 2 ? chosen() : -1; \
    if (error > 0) { errno = error; return -1; } \
    if (error == 0 && (count) > 1) count = (count) / 2; \
    return call

ssize_t read(int file, void *bytes, size_t count) { REAL(read); COUNTED(file, count, real(file, bytes, count)); }
ssize_t write(int file, const void *bytes, size_t count) { REAL(write); COUNTED(file, count, real(file, bytes, count)); }
ssize_t pread64(int file, void *bytes, size_t count, off64_t at) {
    REAL(pread64); COUNTED(file, count, real(file, bytes, count, at));
}
ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
    REAL(pwrite64); COUNTED(file, count, real(file, bytes, count, at));
}
ssize_t writev(int file, const struct iovec *parts, int count) { REAL(writev); COUNTED(file, count, real(file, parts, count)); }

/* A call that succeeds or does not: a short count is none. */
#define PLAIN(call) \
    int error = chosen(); \
    if (error > 0) { errno = error; return -1; } \
    return call

int fsync(int file) { REAL(fsync); PLAIN(real(file)); }
int fdatasync(int file) { REAL(fdatasync); PLAIN(real(file)); }
int ftruncate64(int file, off64_t len) { REAL(ftruncate64); PLAIN(real(file, len)); }
int rename(const char *from, const char *to) { REAL(rename); PLAIN(real(from, to)); }
int unlink(const char *path) { REAL(unlink); PLAIN(real(path)); }
int mkdir(const char *path, mode_t mode) { REAL(mkdir); PLAIN(real(path, mode)); }
