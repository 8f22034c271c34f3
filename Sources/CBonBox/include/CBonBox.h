// SPDX-License-Identifier: Apache-2.0

/// Linux calls that Swift cannot make itself: spawning without fork, descriptors in messages, sealed memory, process
/// descriptors. All return -1 and set errno on failure unless said otherwise; all descriptors they make are close-on-exec.
#ifndef CBONBOX_H
#define CBONBOX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// A connected pair of sockets that keep message boundaries: the control line between harness and worker.
int bonbox_control_pair(int pair[2]);
/// A connected pair of byte-stream sockets: the line between conversation and child. The first end does not block.
int bonbox_stream_pair(int pair[2]);
/// A pipe whose reading end does not block.
int bonbox_pipe(int pair[2]);
/// A counter to wake a poll with; see eventfd(2).
int bonbox_wakeup(void);

/// Starts a program in a session of its own, with default signal handling and an empty mask; descriptor i of the child
/// is descriptors[i], and no others are passed on. Returns 0 or an errno value.
int bonbox_spawn(
    const char *path, char *const *arguments, char *const *environment, const int *descriptors, int count, pid_t *process);

/// Sends one message with descriptors. Never raises SIGPIPE.
ssize_t bonbox_send_message(int socket, const void *bytes, size_t size, const int *descriptors, int count);
/// Receives one message with at most `capacity` descriptors; their number is stored in `count`. Does not block.
ssize_t bonbox_receive_message(int socket, void *bytes, size_t size, int *descriptors, int capacity, int *count);
/// Sends bytes without blocking and without SIGPIPE.
ssize_t bonbox_send_bytes(int socket, const void *bytes, size_t size);

/// An empty file in memory that can be sealed.
int bonbox_memory_file(const char *name);
/// Forbids every change of the file from now on.
int bonbox_seal(int descriptor);

/// Sends a signal through a process descriptor.
int bonbox_signal_process(int process_descriptor, int signal);
/// The process id behind a process descriptor as this process sees it; 0 when it has gone or is not visible.
pid_t bonbox_process_id(int process_descriptor);
/// A descriptor of the process, which becomes readable when it ends.
int bonbox_open_process(pid_t process);
/// CPU time of a process with all its threads, in nanoseconds; -1 when it cannot be read.
int64_t bonbox_cpu_nanoseconds(pid_t process);

#endif
