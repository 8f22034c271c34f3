// SPDX-License-Identifier: Apache-2.0

// Turns the table of allowed calls into a seccomp filter: a binary search over ranges of call numbers, because the kernel
// walks the filter once for every call number each time it is installed.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "launcher.h"
#include "syscalls.h"

#if defined(TABLE_X86_64)
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#else
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

enum { call_number = 0, architecture = 4, first_argument = 16 };
enum { new_namespaces = 0x7e020000 };
enum { most_ranges = 512 };

/// A range of call numbers from `start` to the next range, and what happens to them.
struct range {
    unsigned start;
    enum action action;
};

struct program {
    struct sock_filter *code;
    size_t count;
    const struct policy *policy;
};

static void emit(struct program *program, unsigned short code, unsigned value, unsigned char yes, unsigned char no) {
    if (program->count == most_instructions) {
        errno = E2BIG;
        fail("build the system call filter");
    }
    program->code[program->count++] = (struct sock_filter){.code = code, .jt = yes, .jf = no, .k = value};
}

static void emit_return(struct program *program, unsigned verdict) { emit(program, BPF_RET | BPF_K, verdict, 0, 0); }
static void emit_refusal(struct program *program, int error) { emit_return(program, SECCOMP_RET_ERRNO | (unsigned)error); }

static void load_argument(struct program *program, unsigned index) {
    emit(program, BPF_LD | BPF_W | BPF_ABS, first_argument + 8 * index, 0, 0);
}

/// Allows when the loaded word equals the value; goes on otherwise.
static void allow_equal(struct program *program, unsigned value) {
    emit(program, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    emit_return(program, SECCOMP_RET_ALLOW);
}

static void emit_action(struct program *program, enum action action) {
    switch (action) {
    case allowed:
        emit_return(program, SECCOMP_RET_ALLOW);
        return;
    case missing:
        emit_refusal(program, ENOSYS);
        return;
    case threads_only:
        load_argument(program, 0);
        emit(program, BPF_JMP | BPF_JSET | BPF_K, new_namespaces, 2, 0);
        emit(program, BPF_JMP | BPF_JSET | BPF_K, program->policy->may_fork ? 0xffffffff : CLONE_THREAD, 0, 1);
        emit_return(program, SECCOMP_RET_ALLOW);
        emit_refusal(program, EPERM);
        return;
    case common_sockets:
        load_argument(program, 0);
        allow_equal(program, AF_UNIX);
        allow_equal(program, AF_INET);
        allow_equal(program, AF_INET6);
        allow_equal(program, AF_NETLINK);
        emit_refusal(program, EAFNOSUPPORT);
        return;
    case stream_pairs:
        load_argument(program, 1);
        emit(program, BPF_ALU | BPF_AND | BPF_K, 0xf, 0, 0);
        allow_equal(program, SOCK_STREAM);
        emit_refusal(program, EPERM);
        return;
    case own_process_only:
        load_argument(program, 0);
        allow_equal(program, own_process_placeholder);
        emit_refusal(program, EPERM);
        return;
    case zero_process_only:
        load_argument(program, 0);
        allow_equal(program, 0);
        allow_equal(program, own_process_placeholder);
        emit_refusal(program, EPERM);
        return;
    case refused:
        emit_refusal(program, EPERM);
        return;
    }
}

static void emit_search(struct program *program, const struct range *ranges, size_t count) {
    if (count == 1) {
        emit_action(program, ranges[0].action);
        return;
    }
    size_t half = count / 2;
    // A conditional jump reaches 255 instructions only, so it skips an unconditional one.
    emit(program, BPF_JMP | BPF_JGE | BPF_K, ranges[half].start, 0, 1);
    size_t jump = program->count;
    emit(program, BPF_JMP | BPF_JA, 0, 0, 0);
    emit_search(program, ranges, half);
    program->code[jump].k = (unsigned)(program->count - jump - 1);
    emit_search(program, ranges + half, count - half);
}

static enum action action_of(const struct rule *rule, const struct policy *policy) {
    switch (rule->condition) {
    case always: return rule->action;
    case forking: return policy->may_fork ? rule->action : refused;
    case isolated: return policy->namespaces ? rule->action : refused;
    case isolated_or_checked: return policy->namespaces ? allowed : rule->action;
    }
    return refused;
}

static int by_number(const void *left, const void *right) {
    unsigned a = ((const struct rule *)left)->number, b = ((const struct rule *)right)->number;
    return a < b ? -1 : a > b;
}

static size_t collect_ranges(const struct policy *policy, struct range *ranges) {
    struct rule sorted[most_ranges];
    size_t count = 0, found = 0;
    for (const struct rule *rule = syscall_rules; rule->action != refused; rule++) sorted[count++] = *rule;
    qsort(sorted, count, sizeof *sorted, by_number);
    ranges[found++] = (struct range){0, refused};
    for (size_t i = 0; i < count; i++) {
        enum action action = action_of(&sorted[i], policy);
        struct range *last = &ranges[found - 1];
        // A check of arguments stands for one call; plain verdicts join with their neighbours'.
        if (last->start == sorted[i].number) last->action = action;
        else if (last->action != action) ranges[found++] = (struct range){sorted[i].number, action};
        unsigned next = sorted[i].number + 1;
        bool joined = i + 1 < count && sorted[i + 1].number == next;
        if (!joined && action != refused) ranges[found++] = (struct range){next, refused};
    }
    return found;
}

size_t build_filter(const struct policy *policy, struct sock_filter *filter) {
    struct program program = {.code = filter, .policy = policy};
    struct range ranges[2 * most_ranges];
    size_t count = collect_ranges(policy, ranges);
    emit(&program, BPF_LD | BPF_W | BPF_ABS, architecture, 0, 0);
    emit(&program, BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCHITECTURE, 1, 0);
    emit_return(&program, SECCOMP_RET_KILL_PROCESS);
    emit(&program, BPF_LD | BPF_W | BPF_ABS, call_number, 0, 0);
    emit_search(&program, ranges, count);
    return program.count;
}

int filter_file(enum tier tier, uint64_t *hash) {
    int file = memfd_create("filters", MFD_CLOEXEC);
    if (file < 0) fail("create a file in memory");
    *hash = 14695981039346656037u;
    for (int may_fork = 0; may_fork < 2; may_fork++) {
        struct policy policy = {.may_fork = may_fork, .namespaces = tier >= tier_isolated};
        struct sock_filter filter[most_instructions];
        uint32_t count = (uint32_t)build_filter(&policy, filter);
        size_t size = count * sizeof *filter;
        if (write(file, &count, sizeof count) < 0 || write(file, filter, size) != (ssize_t)size) fail("write the filters");
        for (size_t i = 0; i < size; i++) *hash = (*hash ^ ((unsigned char *)filter)[i]) * 1099511628211u;
    }
    return file;
}
