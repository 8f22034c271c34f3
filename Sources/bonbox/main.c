// SPDX-License-Identifier: Apache-2.0

// bonbox: prepares one worker's confinement, starts its interpreter, and ends both when the harness has gone.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher.h"

static const char usage[] =
    "usage: bonbox --probe [--bind DIRECTORY]...\n"
    "       bonbox --tier T0|T1|T2|T3 --python FILE [--python-flag FLAG]... [--bind DIRECTORY]... [--index N] [--owner ID] [--pool N]\n"
    "              [--profile NAME] [--memory BYTES] [--all-memory BYTES] [--processes N]\n"
    "Descriptors 3, 4 and 5 carry the control socket, the worker's source and the grader modules.\n";

static _Noreturn void refuse(const char *argument) {
    fprintf(stderr, "bonbox: unexpected argument '%s'\n%s", argument, usage);
    exit(64);
}

static enum tier tier_named(const char *name) {
    if (name[0] != 'T' || name[1] < '0' || name[1] > '3' || name[2]) refuse(name);
    return (enum tier)(name[1] - '0');
}

static void parse(int count, char **arguments, struct options *options, bool *probing) {
    int binds = 0, flags = 0;
    for (int i = 1; i < count; i++) {
        const char *name = arguments[i];
        if (!strcmp(name, "--probe")) {
            *probing = true;
            continue;
        }
        if (!strcmp(name, "--help")) {
            fputs(usage, stdout);
            exit(0);
        }
        if (++i == count) refuse(name);
        const char *value = arguments[i];
        if (!strcmp(name, "--tier")) options->tier = tier_named(value);
        else if (!strcmp(name, "--python")) options->python = value;
        else if (!strcmp(name, "--python-flag") && flags < 7) options->python_flags[flags++] = value;
        else if (!strcmp(name, "--bind") && binds < most_binds - 1) options->binds[binds++] = value;
        else if (!strcmp(name, "--index")) options->index = (unsigned)atoi(value);
        else if (!strcmp(name, "--owner")) options->owner = value;
        else if (!strcmp(name, "--pool")) options->pool = (unsigned)atoi(value);
        else if (!strcmp(name, "--profile")) options->profile = value;
        else if (!strcmp(name, "--memory")) options->memory_bytes = atoll(value);
        else if (!strcmp(name, "--all-memory")) options->all_memory_bytes = atoll(value);
        else if (!strcmp(name, "--processes")) options->processes = atoi(value);
        else refuse(name);
    }
    if (!*probing && !options->python) refuse("(no --python)");
}

/// Tells the harness what was set up, before the worker says anything.
static void announce(const struct options *options, const struct facts *facts) {
    char text[2048];
    int size = snprintf(
        text, sizeof text,
        "{\"tier\":\"T%d\",\"landlock\":%d,\"filter\":\"%016llx\",\"cgroup\":%d,\"memory\":\"%s\",\"processes\":\"%s\",\"cpu\":\"%s\"}",
        options->tier, facts->landlock_abi, (unsigned long long)facts->filter_hash, facts->cgroup_version, facts->memory_group,
        facts->processes_group, facts->cpu_group);
    if (send(control_descriptor, text, (size_t)size, MSG_NOSIGNAL) < 0) _exit(1);
}

/// Waits until the worker or the harness has gone; then neither is there any more.
static int supervise(pid_t worker) {
    int descriptor = (int)syscall(SYS_pidfd_open, worker, 0);
    struct pollfd waits[2] = {{.fd = control_descriptor, .events = POLLRDHUP}, {.fd = descriptor, .events = POLLIN}};
    while (poll(waits, descriptor < 0 ? 1 : 2, -1) < 0 && errno == EINTR) continue;
    if (waits[0].revents) kill(worker, SIGKILL);
    int status = 0;
    while (waitpid(worker, &status, 0) < 0 && errno == EINTR) continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int count, char **arguments) {
    struct options options = {.tier = tier_isolated, .owner = "0", .profile = "standard", .processes = 256};
    struct facts facts = {0};
    bool probing = false;
    parse(count, arguments, &options, &probing);
    if (probing) return probe(&options);

    report_descriptor = control_descriptor;
    syscall(SYS_close_range, filters_descriptor, ~0u, 0);
    int filters = filter_file(options.tier, &facts.filter_hash);
    if (filters != filters_descriptor) {
        if (dup2(filters, filters_descriptor) < 0) fail("place the filters");
        close(filters);
    } else {
        fcntl(filters, F_SETFD, 0);
    }
    facts.landlock_abi = landlock_version();
    if (options.tier == tier_isolated_with_cgroup && !create_cgroups(&options, &facts)) fail("create a cgroup");
    pid_t worker = options.tier >= tier_isolated ? launch_isolated(&options, &facts, announce)
                                                 : launch_confined(&options, &facts, announce);
    int status = supervise(worker);
    remove_cgroups(&facts);
    remove_scratch(&facts);
    return status;
}
