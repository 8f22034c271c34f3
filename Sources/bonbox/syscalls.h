// SPDX-License-Identifier: Apache-2.0

/// The system calls that candidates may make. What is not in the table is refused with EPERM.
#ifndef SYSCALLS_H
#define SYSCALLS_H

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
