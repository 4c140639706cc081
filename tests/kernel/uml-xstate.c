/* SPDX-License-Identifier: Apache-2.0 */
/* User Mode Linux 6.1 has 2,696 octets for a processor's extended state and
 * does not start where there is more, as with Intel's AMX.  Loaded before it
 * (LD_PRELOAD), this lets it see and set only as much of it as it has room
 * for. */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

typedef long ptrace_func(enum __ptrace_request, ...);

long
ptrace(enum __ptrace_request request, ...)
{
    static ptrace_func *next;
    static char state[65536];
    struct iovec all = { state, sizeof state };
    struct iovec *part;
    va_list args;
    pid_t pid;
    void *addr;

    va_start(args, request);
    pid = va_arg(args, pid_t);
    addr = va_arg(args, void *);
    part = va_arg(args, void *);
    va_end(args);

    if (!next) {
        next = (ptrace_func *) dlsym(RTLD_NEXT, "ptrace");
    }
    if ((request != PTRACE_GETREGSET && request != PTRACE_SETREGSET)
        || addr != (void *) NT_X86_XSTATE) {
        return next(request, pid, addr, part);
    }
    if (next(PTRACE_GETREGSET, pid, addr, &all) < 0) {
        return -1;
    }
    if (part->iov_len > all.iov_len) {
        part->iov_len = all.iov_len;
    }
    if (request == PTRACE_GETREGSET) {
        memcpy(part->iov_base, state, part->iov_len);
        return 0;
    }
    memcpy(state, part->iov_base, part->iov_len);
    return next(request, pid, addr, &all);
}
