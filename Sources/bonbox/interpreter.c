// SPDX-License-Identifier: Apache-2.0

// The last step of every tier: a clean environment and the interpreter.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launcher.h"

/// Reads the worker's source from its descriptor and runs it under a name of its own.
static const char bootstrap[] =
    "import os; exec(compile(os.pread(4, 1 << 24, 0), 'zygote.py', 'exec', dont_inherit=True), {'__name__': 'zygote'})";

void start_interpreter(const struct options *options, const struct facts *facts, const char *home) {
    char home_variable[128], temporary_variable[128], tier[8], user[16];
    bool isolated = options->tier >= tier_isolated;
    snprintf(home_variable, sizeof home_variable, "HOME=%s", home);
    snprintf(temporary_variable, sizeof temporary_variable, "TMPDIR=%s", isolated ? "/tmp" : home);
    snprintf(tier, sizeof tier, "T%d", options->tier);
    // The id that candidates take: inside a namespace that root made it is 1; an ordinary user has no other.
    bool changes = facts->privileged && options->tier != tier_none;
    snprintf(user, sizeof user, "%d", !changes ? -1 : isolated ? 1 : (int)candidate_id(options));

    // A program that starts `python` means the interpreter that runs it.
    char search_path[4200];
    const char *slash = strrchr(options->python, '/');
    snprintf(search_path, sizeof search_path, "PATH=%.*s:/usr/local/bin:/usr/bin:/bin", slash ? (int)(slash - options->python) : 0,
        options->python);

    // Thread stacks and the address space are laid out by the soft limit at the start of the program.
    struct rlimit stack;
    if (getrlimit(RLIMIT_STACK, &stack) == 0) {
        if (stack.rlim_max == RLIM_INFINITY || stack.rlim_max > 8 << 20) stack.rlim_cur = 8 << 20;
        setrlimit(RLIMIT_STACK, &stack);
    }
    umask(022);
    if (chdir(home) < 0) fail("change to '%s'", home);

    char *const environment[] = {
        search_path, home_variable, temporary_variable, "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "TZ=UTC",
        "PYTHONHASHSEED=0", "PYTHONUTF8=1", "PYTHONDONTWRITEBYTECODE=1", "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1",
        "MKL_NUM_THREADS=1", "NUMEXPR_NUM_THREADS=1", "MPLBACKEND=Agg", NULL};
    const char *arguments[24];
    int count = 0;
    arguments[count++] = options->python;
    for (int i = 0; options->python_flags[i]; i++) arguments[count++] = options->python_flags[i];
    arguments[count++] = "-c";
    arguments[count++] = bootstrap;
    arguments[count++] = tier;
    arguments[count++] = user;
    arguments[count++] = facts->process_files ? "1" : "0";
    arguments[count++] = options->profile;
    arguments[count++] = home;
    arguments[count] = NULL;
    execve(options->python, (char *const *)arguments, environment);
    fail("start the interpreter '%s'", options->python);
}
