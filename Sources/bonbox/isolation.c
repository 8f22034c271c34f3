// SPDX-License-Identifier: Apache-2.0

// Tiers T2 and T3: the worker's own user, process, mount, network, IPC, host name and cgroup namespaces.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher.h"

/// Unprivileged ids for workers that root starts: their owner must be nobody, or process limits would not count.
enum { first_id = 60000 };

uid_t worker_id(void) { return first_id; }
uid_t candidate_id(const struct options *options) { return first_id + 1 + options->index % 4096; }

/// Whether the map of this process's user namespace holds the id.
static bool is_mapped(const char *map, unsigned id) {
    FILE *file = fopen(map, "re");
    unsigned inside, outside, count;
    bool found = false;
    if (!file) return false;
    while (!found && fscanf(file, "%u %u %u", &inside, &outside, &count) == 3) found = id >= inside && id - inside < count;
    fclose(file);
    return found;
}

bool may_change_ids(const struct options *options) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
    const unsigned needed = 1u << CAP_CHOWN | 1u << CAP_SETUID | 1u << CAP_SETGID;
    if (geteuid() != 0 || syscall(SYS_capget, &header, sets) < 0 || (sets[0].effective & needed) != needed) return false;
    const char *maps[] = {"/proc/self/uid_map", "/proc/self/gid_map"};
    for (int i = 0; i < 2; i++) {
        if (!is_mapped(maps[i], worker_id()) || !is_mapped(maps[i], candidate_id(options))) return false;
    }
    return true;
}

static void write_file(pid_t process, const char *name, const char *text) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", process, name);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, text, strlen(text)) < 0) {
        int error = errno;
        kill(process, SIGKILL);
        errno = error;
        fail("write the id map of the user namespace (%s)", name);
    }
    close(file);
}

static void map_ids(const struct options *options, const struct facts *facts, pid_t process) {
    char map[96];
    if (facts->privileged) {
        snprintf(map, sizeof map, "0 %d 1\n1 %d 1\n", worker_id(), candidate_id(options));
        write_file(process, "uid_map", map);
        write_file(process, "gid_map", map);
        return;
    }
    write_file(process, "setgroups", "deny");
    snprintf(map, sizeof map, "0 %d 1\n", geteuid());
    write_file(process, "uid_map", map);
    snprintf(map, sizeof map, "0 %d 1\n", getegid());
    write_file(process, "gid_map", map);
}

static void raise_loopback(void) {
    struct ifreq request = {.ifr_flags = IFF_UP | IFF_RUNNING};
    strcpy(request.ifr_name, "lo");
    int probe = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    // A machine without IPv4 has no loopback to raise; nothing depends on it.
    if (probe < 0) return;
    ioctl(probe, SIOCSIFFLAGS, &request);
    close(probe);
}

static _Noreturn void enter(const struct options *options, struct facts *facts) {
    int sources[most_binds];
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) fail("make mounts private in the new mount namespace");
    open_binds(options, sources);
    if (facts->privileged && setgroups(0, NULL) < 0) fail("drop groups in the user namespace");
    if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) fail("change ids in the user namespace");
    // The harness' death reaches the launcher by the control socket, the launcher's reaches the worker so.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) fail("tie the worker to the launcher");
    prctl(PR_SET_DUMPABLE, 1);
    if (sethostname("bestofn", 7) < 0) fail("set the host name in the namespace");
    raise_loopback();
    facts->process_files = build_root(options, sources);
    if (options->probing) _exit(0);
    start_interpreter(options, facts, "/box");
}

pid_t launch_isolated(
    const struct options *options, struct facts *facts, void (*announce)(const struct options *, const struct facts *)) {
    int ready[2];
    facts->privileged = may_change_ids(options);
    if (pipe2(ready, O_CLOEXEC) < 0) fail("create a pipe");
    unsigned long flags = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
    pid_t worker = (pid_t)syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
    if (worker < 0) fail("create namespaces");
    if (worker == 0) {
        char go;
        close(ready[1]);
        if (read(ready[0], &go, 1) != 1) _exit(1);
        close(ready[0]);
        enter(options, facts);
    }
    close(ready[0]);
    map_ids(options, facts, worker);
    if (options->tier == tier_isolated_with_cgroup) join_cgroups(facts, worker);
    if (announce) announce(options, facts);
    if (write(ready[1], "", 1) != 1) fail("start the worker");
    close(ready[1]);
    return worker;
}
