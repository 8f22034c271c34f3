// SPDX-License-Identifier: Apache-2.0

// One way to say what failed, and what the user can do about it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launcher.h"

int report_descriptor = STDERR_FILENO;

void fail(const char *format, ...) {
    int error = errno;
    char step[512], text[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(step, sizeof step, format, arguments);
    va_end(arguments);
    int size = snprintf(text, sizeof text, "fail\n%s\n%d\n%s\n%s", step, error, strerror(error), cure(step, error));
    if (write(report_descriptor, text, (size_t)size) < 0) _exit(112);
    _exit(111);
}

static long number_in(const char *path) {
    char text[32] = {0};
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t size = read(file, text, sizeof text - 1);
    close(file);
    return size > 0 ? atol(text) : -1;
}

static bool in_container(void) {
    return access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0 || getenv("KUBERNETES_SERVICE_HOST");
}

static const char *namespace_cure(void) {
    if (number_in("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1 && geteuid() != 0) {
        return "AppArmor keeps ordinary users from making namespaces: run `sudo sysctl -w "
               "kernel.apparmor_restrict_unprivileged_userns=0`, or give bonbox an AppArmor profile with `userns,`, or run as root.";
    }
    if (number_in("/proc/sys/user/max_user_namespaces") == 0) {
        return "User namespaces are switched off: run `sudo sysctl -w user.max_user_namespaces=15000`.";
    }
    if (number_in("/proc/sys/kernel/unprivileged_userns_clone") == 0 && geteuid() != 0) {
        return "Unprivileged user namespaces are switched off: run `sudo sysctl -w kernel.unprivileged_userns_clone=1`.";
    }
    if (in_container()) {
        return "The container's profile forbids namespaces: start it with `--security-opt seccomp=unconfined --security-opt "
               "apparmor=unconfined`, or with `--cap-add SYS_ADMIN` as well.";
    }
    return "Use a tier that needs no namespaces (T1).";
}

const char *cure(const char *step, int error) {
    if (strstr(step, "cgroup")) {
        return "Run as root, or inside `systemd-run --user --scope -p Delegate=yes`, on a machine with the memory and pids "
               "controllers; or use tier T2.";
    }
    if (strstr(step, "Landlock")) return "The kernel needs Landlock (Linux 5.13 with CONFIG_SECURITY_LANDLOCK, listed in lsm=).";
    if (strstr(step, "open directory")) return "The interpreter's directories must be readable by the user who runs the harness.";
    if (strstr(step, "namespace") || strstr(step, "mount") || strstr(step, "id map") || strstr(step, "pivot")) {
        return error == EPERM || error == EACCES || error == ENOSPC || error == EINVAL ? namespace_cure() : "";
    }
    return "";
}
