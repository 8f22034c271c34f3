// SPDX-License-Identifier: Apache-2.0

// Derived from the default allow-list of the Moby project's containers, less what reaches beyond a computation: namespaces,
// mounts, keys, BPF, performance counters, tracing, other processes' memory, io_uring, user faults, System V and message
// queues, device nodes, clocks, modules.
#define _GNU_SOURCE
#include "syscalls.h"

#include <sys/syscall.h>

#define ALLOW(name) {SYS_##name, allowed, always},
#define FORKING(name) {SYS_##name, allowed, forking},
#define ISOLATED(name) {SYS_##name, allowed, isolated},

// Numbers that older headers lack are the same on both architectures.
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif
#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_map_shadow_stack
#define SYS_map_shadow_stack 453
#endif
#ifndef SYS_futex_wake
#define SYS_futex_wake 454
#define SYS_futex_wait 455
#define SYS_futex_requeue 456
#endif
#ifndef SYS_mseal
#define SYS_mseal 462
#endif

const struct rule syscall_rules[] = {
    // Files and directories.
    ALLOW(read) ALLOW(write) ALLOW(close) ALLOW(fstat) ALLOW(lseek) ALLOW(pread64) ALLOW(pwrite64) ALLOW(readv) ALLOW(writev)
    ALLOW(preadv) ALLOW(pwritev) ALLOW(preadv2) ALLOW(pwritev2) ALLOW(dup) ALLOW(dup3) ALLOW(pipe2) ALLOW(sendfile)
    ALLOW(fcntl) ALLOW(flock) ALLOW(fsync) ALLOW(fdatasync) ALLOW(truncate) ALLOW(ftruncate) ALLOW(getcwd) ALLOW(chdir)
    ALLOW(fchdir) ALLOW(fchmod) ALLOW(fchown) ALLOW(umask) ALLOW(statfs) ALLOW(fstatfs) ALLOW(sync) ALLOW(syncfs)
    ALLOW(sync_file_range) ALLOW(readahead) ALLOW(fadvise64) ALLOW(fallocate) ALLOW(copy_file_range) ALLOW(splice) ALLOW(tee)
    ALLOW(vmsplice) ALLOW(openat) ALLOW(openat2) ALLOW(mkdirat) ALLOW(fchownat) ALLOW(newfstatat) ALLOW(unlinkat)
    ALLOW(renameat) ALLOW(renameat2) ALLOW(linkat) ALLOW(symlinkat) ALLOW(readlinkat) ALLOW(fchmodat) ALLOW(faccessat)
    ALLOW(faccessat2) ALLOW(statx) ALLOW(utimensat) ALLOW(getdents64) ALLOW(close_range) ALLOW(fchmodat2) ALLOW(memfd_create)
    ALLOW(setxattr) ALLOW(lsetxattr) ALLOW(fsetxattr) ALLOW(getxattr) ALLOW(lgetxattr) ALLOW(fgetxattr) ALLOW(listxattr)
    ALLOW(llistxattr) ALLOW(flistxattr) ALLOW(removexattr) ALLOW(lremovexattr) ALLOW(fremovexattr) ALLOW(inotify_init1)
    ALLOW(inotify_add_watch) ALLOW(inotify_rm_watch) ALLOW(ioctl)
    // Memory.
    ALLOW(mmap) ALLOW(mprotect) ALLOW(munmap) ALLOW(brk) ALLOW(mremap) ALLOW(msync) ALLOW(mincore) ALLOW(madvise)
    ALLOW(mlock) ALLOW(mlock2) ALLOW(munlock) ALLOW(mlockall) ALLOW(munlockall) ALLOW(get_mempolicy) ALLOW(membarrier)
    ALLOW(rseq) ALLOW(pkey_alloc) ALLOW(pkey_mprotect) ALLOW(pkey_free) ALLOW(map_shadow_stack) ALLOW(mseal)
    ALLOW(remap_file_pages)
    // Waiting and events.
    ALLOW(ppoll) ALLOW(pselect6) ALLOW(epoll_create1) ALLOW(epoll_ctl) ALLOW(epoll_pwait) ALLOW(epoll_pwait2) ALLOW(eventfd2)
    ALLOW(signalfd4) ALLOW(timerfd_create) ALLOW(timerfd_settime) ALLOW(timerfd_gettime) ALLOW(futex) ALLOW(futex_waitv)
    ALLOW(futex_wake) ALLOW(futex_wait) ALLOW(futex_requeue) ALLOW(set_robust_list) ALLOW(get_robust_list)
    ALLOW(restart_syscall)
    // Signals to itself, and to others where a process namespace holds them.
    ALLOW(rt_sigaction) ALLOW(rt_sigprocmask) ALLOW(rt_sigreturn) ALLOW(rt_sigpending) ALLOW(rt_sigtimedwait)
    ALLOW(rt_sigsuspend) ALLOW(sigaltstack)
    {SYS_kill, own_process_only, isolated_or_checked}, {SYS_tgkill, own_process_only, isolated_or_checked},
    ISOLATED(tkill) ISOLATED(rt_sigqueueinfo) ISOLATED(rt_tgsigqueueinfo) ISOLATED(pidfd_send_signal) ISOLATED(pidfd_open)
    // Time. Setting it needs a capability that no candidate has, and is refused here as well.
    ALLOW(nanosleep) ALLOW(clock_nanosleep) ALLOW(clock_gettime) ALLOW(clock_getres) ALLOW(gettimeofday) ALLOW(getitimer)
    ALLOW(setitimer) ALLOW(timer_create) ALLOW(timer_settime) ALLOW(timer_gettime) ALLOW(timer_getoverrun) ALLOW(timer_delete)
    ALLOW(times)
    // The process itself.
    ALLOW(getpid) ALLOW(getppid) ALLOW(gettid) ALLOW(getuid) ALLOW(geteuid) ALLOW(getgid) ALLOW(getegid) ALLOW(getresuid)
    ALLOW(getresgid) ALLOW(getgroups) ALLOW(getpgid) ALLOW(getsid) ALLOW(setuid) ALLOW(setgid) ALLOW(setreuid) ALLOW(setregid)
    ALLOW(setresuid) ALLOW(setresgid) ALLOW(setfsuid) ALLOW(setfsgid) ALLOW(setgroups) ALLOW(capget) ALLOW(capset)
    ALLOW(uname) ALLOW(sysinfo) ALLOW(getrusage) ALLOW(getrlimit) ALLOW(setrlimit) ALLOW(prctl) ALLOW(getcpu)
    ALLOW(getrandom) ALLOW(set_tid_address) ALLOW(sched_yield) ALLOW(sched_getaffinity) ALLOW(sched_getparam)
    ALLOW(sched_getscheduler) ALLOW(sched_getattr) ALLOW(sched_get_priority_max) ALLOW(sched_get_priority_min)
    ALLOW(sched_rr_get_interval) ALLOW(getpriority) ALLOW(ioprio_get) ALLOW(exit) ALLOW(exit_group) ALLOW(wait4) ALLOW(waitid)
    ALLOW(seccomp) ALLOW(landlock_create_ruleset) ALLOW(landlock_add_rule) ALLOW(landlock_restrict_self)
    {SYS_prlimit64, zero_process_only, isolated_or_checked},
    {SYS_sched_setaffinity, zero_process_only, isolated_or_checked},
    ISOLATED(sched_setparam) ISOLATED(sched_setscheduler) ISOLATED(sched_setattr) ISOLATED(setpriority) ISOLATED(ioprio_set)
    // Starting processes.
    {SYS_clone, threads_only, always}, {SYS_clone3, missing, always},
    FORKING(execve) FORKING(execveat) FORKING(setpgid) FORKING(setsid)
    // Sockets: the network namespace is empty. Without one, none can be made; pairs are connected to themselves only.
    {SYS_socket, common_sockets, isolated}, {SYS_socketpair, stream_pairs, isolated_or_checked},
    ALLOW(sendto) ALLOW(recvfrom) ALLOW(sendmsg) ALLOW(recvmsg) ALLOW(sendmmsg) ALLOW(recvmmsg) ALLOW(shutdown)
    ALLOW(getsockname) ALLOW(getpeername) ALLOW(setsockopt) ALLOW(getsockopt)
    ISOLATED(connect) ISOLATED(bind) ISOLATED(listen) ISOLATED(accept) ISOLATED(accept4)
#if defined(TABLE_X86_64)
    // Calls that newer architectures have only with a directory descriptor.
    ALLOW(open) ALLOW(stat) ALLOW(lstat) ALLOW(poll) ALLOW(access) ALLOW(pipe) ALLOW(select) ALLOW(dup2) ALLOW(pause)
    ALLOW(alarm) ALLOW(rename) ALLOW(mkdir) ALLOW(rmdir) ALLOW(creat) ALLOW(link) ALLOW(unlink) ALLOW(symlink) ALLOW(readlink)
    ALLOW(chmod) ALLOW(chown) ALLOW(lchown) ALLOW(utime) ALLOW(utimes) ALLOW(futimesat) ALLOW(time) ALLOW(getpgrp)
    ALLOW(getdents) ALLOW(epoll_create) ALLOW(epoll_wait) ALLOW(inotify_init) ALLOW(eventfd) ALLOW(signalfd)
    ALLOW(arch_prctl) FORKING(fork) FORKING(vfork)
#endif
    {0, refused, always},
};
