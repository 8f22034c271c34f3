// SPDX-License-Identifier: Apache-2.0

// Tier T1 (and T0, which confines nothing): a plain child process, where namespaces are not to be had.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "launcher.h"

// Rights by kernel version; older headers lack the later ones.
#define READING (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define EVERYTHING_1 0x1fffull
#define REFER 0x2000ull
#define TRUNCATE 0x4000ull
#define IOCTL_DEVICE 0x8000ull
enum { tcp_bind_and_connect = 3 };
struct ruleset {
    uint64_t files, network, scoped;
};

int landlock_version(void) {
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version < 0 ? 0 : (int)version;
}

static void allow(int rules, const char *path, uint64_t rights) {
    struct stat status;
    int directory = open(path, O_PATH | O_CLOEXEC);
    if (directory < 0) return;
    // Rights that only directories have are refused for files.
    if (fstat(directory, &status) == 0 && !S_ISDIR(status.st_mode)) {
        rights &= LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | TRUNCATE | IOCTL_DEVICE;
    }
    struct landlock_path_beneath_attr rule = {.allowed_access = rights, .parent_fd = directory};
    if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0) fail("add '%s' to the Landlock rules", path);
    close(directory);
}

void restrict_files(const struct options *options, const char *scratch) {
    static const char *const readable[] = {
        "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store", "/etc/ld.so.cache", "/etc/alternatives",
        "/dev/zero", "/dev/random", "/dev/urandom", "/dev/full"};
    int version = landlock_version();
    if (version == 0) fail("find Landlock");
    struct ruleset wanted = {.files = EVERYTHING_1};
    if (version >= 2) wanted.files |= REFER;
    if (version >= 3) wanted.files |= TRUNCATE;
    if (version >= 5) wanted.files |= IOCTL_DEVICE;
    if (version >= 4) wanted.network = tcp_bind_and_connect;
    size_t size = version >= 4 ? 16 : 8;
    int rules = (int)syscall(SYS_landlock_create_ruleset, &wanted, size, 0);
    if (rules < 0) fail("create Landlock rules");
    for (size_t i = 0; i < sizeof readable / sizeof *readable; i++) allow(rules, readable[i], READING);
    for (int i = 0; options->binds[i]; i++) allow(rules, options->binds[i], READING);
    allow(rules, "/dev/null", READING | LANDLOCK_ACCESS_FS_WRITE_FILE);
    allow(rules, scratch, wanted.files & ~(uint64_t)(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) fail("give up new privileges");
    if (syscall(SYS_landlock_restrict_self, rules, 0) < 0) fail("enforce the Landlock rules");
    close(rules);
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *position) {
    (void)status, (void)kind, (void)position;
    return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

static void remove_tree(const char *path) {
    nftw(path, remove_entry, 32, FTW_DEPTH | FTW_PHYS);
}

static const char scratch_prefix[] = "/tmp/bestofn-box-";

/// Removes directories whose launcher was killed: nobody holds their lock.
static void remove_stale(void) {
    DIR *directory = opendir("/tmp");
    if (!directory) return;
    for (struct dirent *entry; (entry = readdir(directory));) {
        struct stat status;
        char path[300];
        snprintf(path, sizeof path, "/tmp/%s", entry->d_name);
        if (strncmp(path, scratch_prefix, strlen(scratch_prefix))) continue;
        int held = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (held < 0) continue;
        if (fstat(held, &status) == 0 && status.st_uid == geteuid() && flock(held, LOCK_EX | LOCK_NB) == 0) remove_tree(path);
        close(held);
    }
    closedir(directory);
}

void create_scratch(const struct options *options, struct facts *facts) {
    remove_stale();
    snprintf(facts->scratch, sizeof facts->scratch, "%s%s-%u-XXXXXX", scratch_prefix, options->owner, options->index);
    if (!mkdtemp(facts->scratch)) fail("create a directory in /tmp");
    // The descriptor lives and holds the lock as long as the launcher.
    int held = open(facts->scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (held < 0 || flock(held, LOCK_EX) < 0) fail("lock the directory '%s'", facts->scratch);
    if (facts->privileged && chmod(facts->scratch, 0711) < 0) fail("open the directory '%s'", facts->scratch);
}

void remove_scratch(const struct facts *facts) {
    if (*facts->scratch) remove_tree(facts->scratch);
}

pid_t launch_confined(
    const struct options *options, struct facts *facts, void (*announce)(const struct options *, const struct facts *)) {
    facts->privileged = may_change_ids(options);
    facts->process_files = false;
    create_scratch(options, facts);
    if (announce) announce(options, facts);
    pid_t launcher = getpid(), worker = fork();
    if (worker < 0) fail("start the worker");
    if (worker > 0) return worker;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) fail("tie the worker to the launcher");
    if (getppid() != launcher) _exit(1);
    // The lock is the launcher's alone: a worker that outlives it must not keep the directory.
    syscall(SYS_close_range, filters_descriptor + 1, ~0u, 0);
    if (options->tier == tier_confined) restrict_files(options, facts->scratch);
    if (options->probing) _exit(0);
    start_interpreter(options, facts, facts->scratch);
}
