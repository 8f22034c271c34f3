// SPDX-License-Identifier: Apache-2.0

/// The launcher: prepares one worker's confinement and turns into its Python interpreter.
#ifndef LAUNCHER_H
#define LAUNCHER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum tier { tier_none, tier_confined, tier_isolated, tier_isolated_with_cgroup };

/// Descriptors that the launcher is started with, and those it hands to the interpreter.
enum { control_descriptor = 3, source_descriptor = 4, modules_descriptor = 5, filters_descriptor = 6 };

enum { most_binds = 32 };

struct options {
    enum tier tier;
    /// The interpreter, and its arguments up to `-c`.
    const char *python;
    const char *python_flags[8];
    /// Directories that the interpreter needs besides the system's.
    const char *binds[most_binds];
    /// Names the worker among those of one harness; decides its user id where the harness is root.
    unsigned index;
    /// Names the harness: its process id.
    const char *owner;
    const char *profile;
    /// Limits of the worker's cgroup.
    long long memory_bytes;
    int processes;
    /// What all workers of this pool of the harness may use together; 0 for no such limit.
    long long all_memory_bytes;
    unsigned pool;
    /// Stop after the set-up instead of starting the interpreter.
    bool probing;
};

/// What the set-up found or chose.
struct facts {
    /// Whether candidates take an id of their own.
    bool privileged;
    bool process_files;
    int landlock_abi;
    int cgroup_version;
    char memory_group[512], processes_group[512], cpu_group[512];
    char scratch[64];
    uint64_t filter_hash;
};

/// Reports the failing step and ends the process. `errno` says why.
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/// What the user can do about a failure of this step; an empty string when nothing is known.
const char *cure(const char *step, int error);
/// Where `fail` writes: the control socket of a worker, a pipe of the probe.
extern int report_descriptor;

/// Host ids of the worker and its candidates where the harness is root.
uid_t worker_id(void);
uid_t candidate_id(const struct options *options);
/// Whether this process is root and may really take those ids: inside containers, root may lack them.
bool may_change_ids(const struct options *options);

/// Isolation by namespaces: forks the worker's first process and returns its id. The child runs `enter`, then `start`.
pid_t launch_isolated(const struct options *options, struct facts *facts, void (*announce)(const struct options *, const struct facts *));
/// Confinement of a plain child process by Landlock (or by nothing, for tier_none).
pid_t launch_confined(const struct options *options, struct facts *facts, void (*announce)(const struct options *, const struct facts *));
/// Becomes the interpreter. `home` is the working directory of the worker.
_Noreturn void start_interpreter(const struct options *options, const struct facts *facts, const char *home);

/// Builds the worker's file system in a temporary file system and makes it the root. Returns whether /proc is there.
bool build_root(const struct options *options, const int *bind_sources);
/// Opens the directories to bind; to be called inside the mount namespace and before user ids change.
void open_binds(const struct options *options, int *bind_sources);

/// Creates and limits the worker's cgroups; false (with errno) when the machine offers none.
bool create_cgroups(const struct options *options, struct facts *facts);
void join_cgroups(const struct facts *facts, pid_t process);
void remove_cgroups(const struct facts *facts);

/// The Landlock version of the kernel; 0 for none.
int landlock_version(void);
/// Restricts the file system to what the interpreter needs, writing to `scratch`, and forbids TCP.
void restrict_files(const struct options *options, const char *scratch);

/// A directory for the worker's files, locked while the worker lives.
void create_scratch(const struct options *options, struct facts *facts);
void remove_scratch(const struct facts *facts);

/// System call filters.
struct policy {
    /// Whether processes may be started.
    bool may_fork;
    /// Whether namespaces confine the process; otherwise sockets and calls that reach other processes are refused.
    bool namespaces;
};
enum { most_instructions = 1024 };
/// Stands for the process's own id in filters without namespaces, until the worker puts it in.
enum { own_process_placeholder = 0x7fb0b0b0 };
/// Writes the filter and returns its length.
size_t build_filter(const struct policy *policy, struct sock_filter *filter);
/// A file in memory with both filters of the tier: for each, a 32-bit count and the instructions.
int filter_file(enum tier tier, uint64_t *hash);

int probe(const struct options *options);

#endif
