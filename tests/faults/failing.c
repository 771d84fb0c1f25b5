/* Preloaded into a core, it makes the Nth write or sync of the event log, or the Nth send or receive over TCP, fail:
 * the real engines meet the real error, in whatever they do next. Built and armed by nth.py. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

enum { NOTHING = -1, WRITE, SYNC, SEND, RECEIVE };
static atomic_int armed = NOTHING, left, lasting, failed;

/* From now on the nth call of this kind fails (NOTHING: none), and with for_good all after it. */
void fail_at(int what, int nth, int for_good)
{
    armed = NOTHING;
    left = nth;
    lasting = for_good;
    failed = 0;
    armed = what;
}

/* How many calls have failed since. */
int failures(void) { return failed; }

static int is_log(int fd)
{
    char link[40], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size <= 0)
        return 0;
    path[size] = 0;
    return strstr(path, "/events.db") != NULL;
}

static int is_tcp(int fd)
{
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    return getpeername(fd, (struct sockaddr *)&peer, &size) == 0 &&
           (peer.ss_family == AF_INET || peer.ss_family == AF_INET6);
}

static int fails(int what, int fd)
{
    if (armed != what || !(what <= SYNC ? is_log(fd) : is_tcp(fd)))
        return 0;
    int nth = atomic_fetch_sub(&left, 1);
    if (nth > 1 || (nth < 1 && !lasting))
        return 0;
    atomic_fetch_add(&failed, 1);
    errno = what <= SYNC ? EIO : ECONNRESET;
    return 1;
}

#define OR_FAIL(result, name, what, declared, given)                                                                   \
    result name declared                                                                                               \
    {                                                                                                                  \
        static result(*real) declared;                                                                                 \
        if (real == NULL)                                                                                              \
            *(void **)&real = dlsym(RTLD_NEXT, #name);                                                                 \
        return fails(what, fd) ? -1 : real given;                                                                      \
    }

OR_FAIL(ssize_t, write, WRITE, (int fd, const void *data, size_t size), (fd, data, size))
OR_FAIL(ssize_t, pwrite, WRITE, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at))
OR_FAIL(ssize_t, pwrite64, WRITE, (int fd, const void *data, size_t size, off64_t at), (fd, data, size, at))
OR_FAIL(int, fsync, SYNC, (int fd), (fd))
OR_FAIL(int, fdatasync, SYNC, (int fd), (fd))
OR_FAIL(ssize_t, send, SEND, (int fd, const void *data, size_t size, int flags), (fd, data, size, flags))
OR_FAIL(ssize_t, sendmsg, SEND, (int fd, const struct msghdr *message, int flags), (fd, message, flags))
OR_FAIL(ssize_t, recv, RECEIVE, (int fd, void *data, size_t size, int flags), (fd, data, size, flags))
OR_FAIL(ssize_t, recvmsg, RECEIVE, (int fd, struct msghdr *message, int flags), (fd, message, flags))
