// SPDX-License-Identifier: Apache-2.0

/// The system calls that candidates may make. What is not in the table is refused with EPERM.
#ifndef SYSCALLS_H
#define SYSCALLS_H

// A build for tests names another architecture than its own, together with that one's call numbers.
#if !defined(TABLE_X86_64) && !defined(TABLE_AARCH64)
#if defined(__x86_64__)
#define TABLE_X86_64
#elif defined(__aarch64__)
#define TABLE_AARCH64
#else
#error "The sandbox knows x86_64 and aarch64 only."
#endif
#endif

enum action {
    /// Ends the table; elsewhere the verdict of calls that the table does not name.
    refused,
    allowed,
    /// Answered with ENOSYS, so that the C library falls back to the call whose arguments a filter can read.
    missing,
    /// clone: new threads; new processes where the policy lets fork; never new namespaces.
    threads_only,
    /// socket: local and Internet families. Others (vsock, packet, crypto) are not confined by network namespaces.
    common_sockets,
    /// socketpair: streams. Datagram sockets could send to any named socket.
    stream_pairs,
    /// The first argument must be the process's own id.
    own_process_only,
    /// The first argument must be 0 or the process's own id.
    zero_process_only,
};

enum condition {
    always,
    /// Refused where processes may not be started.
    forking,
    /// Refused where no namespaces confine the process.
    isolated,
    /// Allowed where namespaces confine the process; the rule's action elsewhere.
    isolated_or_checked,
};

struct rule {
    unsigned number;
    enum action action;
    enum condition condition;
};

/// Ends with a `refused` rule.
extern const struct rule syscall_rules[];

#endif
