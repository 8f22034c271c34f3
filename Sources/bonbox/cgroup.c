// SPDX-License-Identifier: Apache-2.0

// Tier T3: one cgroup per worker that limits memory and processes, in version 2 or in the hierarchies of version 1.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launcher.h"

static const char prefix[] = "bestofn-";

static bool put(const char *group, const char *name, const char *value) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", group, name);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return false;
    bool written = write(file, value, strlen(value)) == (ssize_t)strlen(value);
    int error = errno;
    close(file);
    errno = error;
    return written;
}

static bool put_number(const char *group, const char *name, long long value) {
    char text[32];
    snprintf(text, sizeof text, "%lld", value);
    return put(group, name, text);
}

static bool lists(const char *text, const char *word, char separator) {
    size_t size = strlen(word);
    for (const char *at = text; (at = strstr(at, word)); at += size) {
        bool starts = at == text || at[-1] == separator || at[-1] == ' ';
        bool ends = !at[size] || at[size] == separator || at[size] == ' ' || at[size] == '\n';
        if (starts && ends) return true;
    }
    return false;
}

/// The directory of this process's cgroup in the hierarchy with this controller ("" for version 2).
static bool own_group(const char *controller, char *group, size_t capacity) {
    char line[4096], inside[1024] = "";
    FILE *file = fopen("/proc/self/cgroup", "re");
    if (!file) return false;
    bool found = false;
    while (!found && fgets(line, sizeof line, file)) {
        char *names = strchr(line, ':'), *path = names ? strchr(names + 1, ':') : NULL;
        if (!path) continue;
        *path++ = 0;
        path[strcspn(path, "\n")] = 0;
        names++;
        found = *controller ? lists(names, controller, ',') : *names == 0;
        if (found) snprintf(inside, sizeof inside, "%s", path);
    }
    fclose(file);
    if (!found || !(file = fopen("/proc/self/mountinfo", "re"))) return false;
    found = false;
    while (!found && fgets(line, sizeof line, file)) {
        char root[1024], point[1024], type[64], options[1024];
        char *tail = strstr(line, " - ");
        if (!tail || sscanf(line, "%*s %*s %*s %1023s %1023s", root, point) != 2) continue;
        if (sscanf(tail, " - %63s %*s %1023s", type, options) != 2) continue;
        if (strcmp(type, *controller ? "cgroup" : "cgroup2")) continue;
        if (*controller && !lists(options, controller, ',')) continue;
        // A container sees its own group as the mount's root.
        size_t size = strlen(root);
        const char *rest = inside;
        if (size > 1 && !strncmp(inside, root, size)) rest = inside + size;
        if (!strcmp(rest, "/")) rest = "";
        snprintf(group, capacity, "%s%s", point, rest);
        found = access(group, F_OK) == 0;
        if (!found) {
            snprintf(group, capacity, "%s", point);
            found = access(group, F_OK) == 0;
        }
    }
    fclose(file);
    return found;
}

/// Removes the groups of workers that were killed with their launcher. Those in use stay: they cannot be removed.
static void remove_stale(const char *parent) {
    DIR *directory = opendir(parent);
    if (!directory) return;
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (strncmp(entry->d_name, prefix, strlen(prefix))) continue;
        long owner = atol(entry->d_name + strlen(prefix));
        char path[1024];
        snprintf(path, sizeof path, "/proc/%ld", owner);
        if (owner > 0 && access(path, F_OK) == 0) continue;
        snprintf(path, sizeof path, "%s/%s", parent, entry->d_name);
        if (rmdir(path) == 0) continue;
        // The group of all workers of a pool has theirs inside.
        DIR *inside = opendir(path);
        for (struct dirent *worker; inside && (worker = readdir(inside));) {
            char group[2048];
            snprintf(group, sizeof group, "%s/%s", path, worker->d_name);
            if (worker->d_name[0] != '.') rmdir(group);
        }
        if (inside) closedir(inside);
        rmdir(path);
    }
    closedir(directory);
}

/// The group of all workers of this pool, inside `parent`, with their common limit.
static bool create_common(const struct options *options, const char *parent, char *group, size_t capacity, bool version_2) {
    remove_stale(parent);
    if ((size_t)snprintf(group, capacity, "%s/%s%s.%u", parent, prefix, options->owner, options->pool) >= capacity) return false;
    if (mkdir(group, 0755) < 0 && errno != EEXIST) return false;
    if (version_2 && !put(group, "cgroup.subtree_control", "+memory +pids")) return false;
    // Old kernels count what is inside only when told to; new ones always do.
    if (!version_2) put(group, "memory.use_hierarchy", "1");
    if (options->all_memory_bytes <= 0) return true;
    return put_number(group, version_2 ? "memory.max" : "memory.limit_in_bytes", options->all_memory_bytes);
}

/// The worker's own group inside the common one. Another worker on its way out may take that away in between.
static bool create_inside(const struct options *options, const char *parent, char *group, size_t capacity, bool version_2) {
    char common[512];
    for (int attempt = 0; attempt < 20; attempt++) {
        if (!create_common(options, parent, common, sizeof common, version_2)) {
            if (errno == ENOENT) continue;
            break;
        }
        if ((size_t)snprintf(group, capacity, "%s/%u", common, options->index) >= capacity) break;
        rmdir(group);
        if (mkdir(group, 0755) == 0) return true;
        if (errno != ENOENT) break;
    }
    *group = 0;
    return false;
}

static bool create(const struct options *options, const char *parent, char *group, size_t capacity) {
    remove_stale(parent);
    if ((size_t)snprintf(group, capacity, "%s/%s%s-%u", parent, prefix, options->owner, options->index) >= capacity) return false;
    rmdir(group);
    if (mkdir(group, 0755) == 0) return true;
    *group = 0;
    return false;
}

static bool create_version_1(const struct options *options, struct facts *facts) {
    char parent[1024];
    if (!own_group("memory", parent, sizeof parent)) return false;
    if (!create_inside(options, parent, facts->memory_group, sizeof facts->memory_group, false)) return false;
    if (options->memory_bytes > 0) {
        if (!put_number(facts->memory_group, "memory.limit_in_bytes", options->memory_bytes)) return false;
        // Absent where swap is not accounted.
        put_number(facts->memory_group, "memory.memsw.limit_in_bytes", options->memory_bytes);
    }
    if (!own_group("pids", parent, sizeof parent)) return false;
    if (!create(options, parent, facts->processes_group, sizeof facts->processes_group)) return false;
    if (!put_number(facts->processes_group, "pids.max", options->processes)) return false;
    // Without it, CPU time of a program's killed processes goes uncounted; that alone does not break the tier.
    if (own_group("cpuacct", parent, sizeof parent)) create(options, parent, facts->cpu_group, sizeof facts->cpu_group);
    facts->cgroup_version = 1;
    return true;
}

/// Lets children of the group have the controllers. A group with processes in it may not (unless it is the root):
/// then this process and its harness step down into a child.
static bool delegate(const char *parent, const struct options *options) {
    if (put(parent, "cgroup.subtree_control", "+memory +pids")) return true;
    if (errno != EBUSY) return false;
    char harness[1024];
    snprintf(harness, sizeof harness, "%s/%s%s-harness", parent, prefix, options->owner);
    if (mkdir(harness, 0755) < 0 && errno != EEXIST) return false;
    if (!put(harness, "cgroup.procs", options->owner) || !put_number(harness, "cgroup.procs", getpid())) return false;
    return put(parent, "cgroup.subtree_control", "+memory +pids");
}

static bool create_version_2(const struct options *options, struct facts *facts) {
    char parent[1024];
    if (!own_group("", parent, sizeof parent)) return false;
    // Where an earlier worker has moved the harness down, the place for workers is beside it.
    char *last = strrchr(parent, '/');
    if (last && !strncmp(last + 1, prefix, strlen(prefix)) && strstr(last, "-harness")) *last = 0;
    if (!delegate(parent, options)) {
        // Root may use the top of the hierarchy, which is exempt from that rule.
        if (geteuid() != 0) return false;
        strcpy(parent, "/sys/fs/cgroup");
        if (!put(parent, "cgroup.subtree_control", "+memory +pids")) return false;
    }
    if (!create_inside(options, parent, facts->memory_group, sizeof facts->memory_group, true)) return false;
    if (options->memory_bytes > 0) {
        if (!put_number(facts->memory_group, "memory.max", options->memory_bytes)) return false;
        put_number(facts->memory_group, "memory.swap.max", 0);
    }
    if (!put_number(facts->memory_group, "pids.max", options->processes)) return false;
    strcpy(facts->processes_group, facts->memory_group);
    strcpy(facts->cpu_group, facts->memory_group);
    facts->cgroup_version = 2;
    return true;
}

bool create_cgroups(const struct options *options, struct facts *facts) {
    if (create_version_1(options, facts)) return true;
    remove_cgroups(facts);
    int error = errno;
    if (create_version_2(options, facts)) return true;
    if (errno == ENOENT) errno = error;
    error = errno;
    remove_cgroups(facts);
    errno = error;
    return false;
}

void join_cgroups(const struct facts *facts, pid_t process) {
    if (!put_number(facts->memory_group, "cgroup.procs", process)) fail("join the memory cgroup");
    if (!put_number(facts->processes_group, "cgroup.procs", process)) fail("join the pids cgroup");
    if (*facts->cpu_group) put_number(facts->cpu_group, "cgroup.procs", process);
}

void remove_cgroups(const struct facts *facts) {
    const char *groups[] = {facts->memory_group, facts->processes_group, facts->cpu_group};
    for (int i = 0; i < 3; i++) {
        // The last process may still be on its way out.
        for (int attempt = 0; *groups[i] && rmdir(groups[i]) < 0 && errno == EBUSY && attempt < 100; attempt++) usleep(5000);
    }
    // The common group goes with its last worker.
    char common[512];
    snprintf(common, sizeof common, "%s", facts->memory_group);
    char *last = strrchr(common, '/');
    if (!last) return;
    *last = 0;
    rmdir(common);
}
