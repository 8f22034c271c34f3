// SPDX-License-Identifier: Apache-2.0

// `bonbox --probe`: which tiers this machine and user can have. Nothing is guessed: each tier is set up completely.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher.h"

static void print_text(const char *text, size_t size) {
    putchar('"');
    for (size_t i = 0; i < size; i++) {
        unsigned char character = (unsigned char)text[i];
        if (character == '"' || character == '\\') printf("\\%c", character);
        else if (character < 32) printf("\\u%04x", character);
        else putchar(character);
    }
    putchar('"');
}

/// Runs a step in a child and prints what became of it; the child reports failures through a pipe.
static bool attempt(const char *name, void (*step)(const struct options *), const struct options *options, bool last) {
    int report[2], status = 0;
    if (pipe2(report, O_CLOEXEC) < 0) return false;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        report_descriptor = report[1];
        step(options);
        _exit(0);
    }
    close(report[1]);
    char text[2048];
    size_t size = 0;
    for (ssize_t more; (more = read(report[0], text + size, sizeof text - size)) > 0;) size += (size_t)more;
    close(report[0]);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    bool worked = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    printf("  \"%s\": {\"ok\": %s", name, worked ? "true" : "false");
    if (!worked) {
        static const char *const fields[] = {NULL, "step", "errno", "error", "cure"};
        const char *part = text, *end = text + size;
        for (int i = 0; i < 5 && part <= end; i++) {
            const char *line = memchr(part, '\n', (size_t)(end - part));
            if (!line) line = end;
            if (fields[i]) {
                printf(", \"%s\": ", fields[i]);
                print_text(part, (size_t)(line - part));
            }
            part = line + 1;
        }
        if (size == 0) printf(", \"step\": \"run the step\", \"errno\": \"0\", \"error\": \"ended by status %d\", \"cure\": \"\"", status);
    }
    printf("}%s\n", last ? "" : ",");
    return worked;
}

static void new_namespaces(unsigned long flags, const char *what) {
    pid_t child = (pid_t)syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) _exit(0);
    if (child < 0) fail("create a %s namespace", what);
    waitpid(child, NULL, 0);
}

static void user_namespace(const struct options *o) { (void)o, new_namespaces(CLONE_NEWUSER, "user"); }
static void process_namespace(const struct options *o) { (void)o, new_namespaces(CLONE_NEWUSER | CLONE_NEWPID, "process"); }
static void network_namespace(const struct options *o) { (void)o, new_namespaces(CLONE_NEWUSER | CLONE_NEWNET, "network"); }
static void mount_namespace(const struct options *o) { (void)o, new_namespaces(CLONE_NEWUSER | CLONE_NEWNS, "mount"); }

static void process_descriptors(const struct options *options) {
    (void)options;
    if (syscall(SYS_pidfd_open, getpid(), 0) < 0) fail("open a process descriptor (Linux 5.3)");
}

static void filters(const struct options *options) {
    (void)options;
    struct policy policy = {.namespaces = true};
    struct sock_filter filter[most_instructions];
    struct sock_fprog program = {.len = (unsigned short)build_filter(&policy, filter), .filter = filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) fail("give up new privileges");
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) fail("install the system call filter");
    if (syscall(SYS_unshare, CLONE_NEWUSER) == 0 || errno != EPERM) fail("have the system call filter refuse a call");
}

static void landlock(const struct options *options) { restrict_files(options, "/tmp"); }

static void whole_tier(const struct options *wanted, enum tier tier) {
    struct options options = *wanted;
    struct facts facts = {0};
    int status = 0;
    options.tier = tier;
    options.probing = true;
    options.index = 4095;
    char owner[16];
    snprintf(owner, sizeof owner, "%d", getpid());
    options.owner = owner;
    close(filter_file(tier, &facts.filter_hash));
    if (tier == tier_isolated_with_cgroup && !create_cgroups(&options, &facts)) fail("create a cgroup");
    pid_t worker = tier >= tier_isolated ? launch_isolated(&options, &facts, NULL) : launch_confined(&options, &facts, NULL);
    while (waitpid(worker, &status, 0) < 0 && errno == EINTR) continue;
    remove_cgroups(&facts);
    remove_scratch(&facts);
    // The failing process has reported for itself.
    if (status != 0) _exit(111);
}

/// What a tier comes to where filters do not work: their failure.
static void unfiltered(const struct options *o) { filters(o); }
static void tier_1(const struct options *o) { whole_tier(o, tier_confined); }
static void tier_2(const struct options *o) { whole_tier(o, tier_isolated); }
static void tier_3(const struct options *o) { whole_tier(o, tier_isolated_with_cgroup); }

int probe(const struct options *options) {
    printf("{\n  \"landlockVersion\": %d,\n", landlock_version());
    attempt("userNamespace", user_namespace, options, false);
    attempt("processNamespace", process_namespace, options, false);
    attempt("mountNamespace", mount_namespace, options, false);
    attempt("networkNamespace", network_namespace, options, false);
    attempt("processDescriptors", process_descriptors, options, false);
    attempt("landlock", landlock, options, false);
    bool filtered = attempt("seccomp", filters, options, false);
    attempt("T1", filtered ? tier_1 : unfiltered, options, false);
    attempt("T2", filtered ? tier_2 : unfiltered, options, false);
    attempt("T3", filtered ? tier_3 : unfiltered, options, true);
    printf("}\n");
    return 0;
}
