// SPDX-License-Identifier: Apache-2.0

// The worker's file system: an empty memory file system with read-only views of the system and the interpreter.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "launcher.h"

// Names that C libraries before 2.36 lack.
#define TREE_CLONE 1
#define TREE_CLOEXEC O_CLOEXEC
#define MOVE_FROM_EMPTY_PATH 4
#ifndef SYS_open_tree
#define SYS_open_tree 428
#define SYS_move_mount 429
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
enum { attribute_read_only = 1, attribute_no_setuid = 2, attribute_no_devices = 4 };
struct attributes {
    uint64_t set, clear, propagation, user_namespace;
};

/// What every interpreter needs: the C library with its cache and alternatives, and the devices without state.
static const char *const system_views[] = {
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store", "/etc/ld.so.cache",
    "/etc/alternatives", "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"};
enum { system_view_count = sizeof system_views / sizeof *system_views };
_Static_assert(system_view_count < most_binds, "the views fit beside each other");

static const char stage[] = "/tmp";
static int system_sources[system_view_count];

void open_binds(const struct options *options, int *bind_sources) {
    for (int i = 0; i < system_view_count; i++) {
        system_sources[i] = open(system_views[i], O_PATH | O_CLOEXEC | O_NOFOLLOW);
    }
    for (int i = 0; options->binds[i]; i++) {
        bind_sources[i] = open(options->binds[i], O_PATH | O_CLOEXEC | O_DIRECTORY);
        if (bind_sources[i] < 0) fail("open directory '%s' of the interpreter", options->binds[i]);
    }
}

static void staged(char *path, const char *name) {
    if (snprintf(path, PATH_MAX, "%s%s", stage, name) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        fail("name '%s' below the new root", name);
    }
}

/// Creates the directory and those above it.
static void make_directory(const char *path) {
    char part[PATH_MAX];
    for (const char *end = strchr(path + 1, '/');; end = strchr(end + 1, '/')) {
        size_t size = end ? (size_t)(end - path) : strlen(path);
        memcpy(part, path, size);
        part[size] = 0;
        if (mkdir(part, 0755) < 0 && errno != EEXIST && errno != EROFS) fail("create directory '%s' in the new root", part);
        if (!end) return;
    }
}

static void attach(int source, const char *name, bool directory, bool device) {
    char target[PATH_MAX];
    staged(target, name);
    if (directory) {
        make_directory(target);
    } else {
        char parent[PATH_MAX];
        strcpy(parent, target);
        *strrchr(parent, '/') = 0;
        make_directory(parent);
        int file = open(target, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
        if (file >= 0) close(file);
    }
    int tree = (int)syscall(SYS_open_tree, source, "", TREE_CLONE | TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
    if (tree < 0) fail("clone the mount of '%s'", name);
    struct attributes attributes = {.set = attribute_read_only | attribute_no_setuid | (device ? 0 : attribute_no_devices)};
    if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) < 0) {
        fail("make the mount of '%s' read-only", name);
    }
    if (syscall(SYS_move_mount, tree, "", AT_FDCWD, target, MOVE_FROM_EMPTY_PATH) < 0) fail("mount '%s'", name);
    close(tree);
    close(source);
}

static void attach_system(void) {
    for (int i = 0; i < system_view_count; i++) {
        struct stat status;
        const char *name = system_views[i];
        if (system_sources[i] < 0 || fstat(system_sources[i], &status) < 0) continue;
        if (S_ISLNK(status.st_mode)) {
            char link[PATH_MAX], target[PATH_MAX];
            ssize_t size = readlinkat(system_sources[i], "", target, sizeof target - 1);
            if (size < 0) fail("read the link '%s'", name);
            target[size] = 0;
            staged(link, name);
            if (symlink(target, link) < 0) fail("create the link '%s'", name);
            close(system_sources[i]);
        } else {
            attach(system_sources[i], name, S_ISDIR(status.st_mode), S_ISCHR(status.st_mode));
        }
    }
}

static void write_text(const char *name, const char *text) {
    char path[PATH_MAX];
    staged(path, name);
    int file = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0 || write(file, text, strlen(text)) < 0) fail("write '%s'", name);
    close(file);
}

/// Whether another bind already shows the directory.
static bool is_covered(const struct options *options, int index) {
    const char *path = options->binds[index];
    for (int i = 0; i < system_view_count; i++) {
        size_t size = strlen(system_views[i]);
        if (!strncmp(path, system_views[i], size) && (!path[size] || path[size] == '/')) return true;
    }
    for (int i = 0; options->binds[i]; i++) {
        size_t size = strlen(options->binds[i]);
        if (i == index || strncmp(path, options->binds[i], size)) continue;
        if (path[size] == '/' || (!path[size] && i < index)) return true;
    }
    return false;
}

bool build_root(const struct options *options, const int *bind_sources) {
    char path[PATH_MAX];
    if (mount("root", stage, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,nr_inodes=1k,mode=755") < 0) fail("mount the new root");
    static const char *const directories[] = {"/dev", "/dev/shm", "/etc", "/proc", "/tmp", "/box", "/old"};
    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
        staged(path, directories[i]);
        make_directory(path);
    }
    attach_system();
    for (int i = 0; options->binds[i]; i++) {
        if (is_covered(options, i)) close(bind_sources[i]);
        else attach(bind_sources[i], options->binds[i], true, false);
    }
    write_text("/etc/passwd", "root:x:0:0::/box:/bin/sh\nbox:x:1:1::/box:/bin/sh\n");
    write_text("/etc/group", "root:x:0:\nbox:x:1:\n");
    write_text("/etc/hosts", "127.0.0.1 localhost\n");
    write_text("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n");
    staged(path, "/proc");
    // Containers that mask parts of /proc do not let it be mounted anew. Only programs that start processes miss it.
    bool process_files = mount("proc", path, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0;
    if (chdir(stage) < 0 || syscall(SYS_pivot_root, ".", "old") < 0) fail("pivot to the new root");
    if (chdir("/") < 0 || umount2("/old", MNT_DETACH) < 0) fail("unmount the old root");
    rmdir("/old");
    if (mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) < 0) {
        fail("make the new root mount read-only");
    }
    return process_files;
}
