#ifndef ROTA_COMMANDS_H
#define ROTA_COMMANDS_H

#include <sys/types.h>

// What Swift cannot see of the system's calls for child processes. Functions return 0 or an error number unless they
// say otherwise. On systems without child processes they return ENOSYS.

/// The program to start, with its arguments and environment, both ended by NULL.
typedef struct rota_program {
    const char *executable;
    char *const *arguments;
    char *const *environment;
    /// The working folder, or NULL for that of this process.
    const char *folder;
    /// The descriptor to read from, or -1 for nothing.
    int input;
    int output;
    int error_output;
} rota_program;

/// Starts a program in a session and process group of its own, without blocked or ignored signals, and with no
/// descriptor but its three.
int rota_program_start(const rota_program *program, pid_t *pid);

/// Opens a pipe: ends[0] to read, ends[1] to write. Both are closed in other programs, and neither is 0, 1 or 2.
int rota_pipe_open(int ends[2]);

/// Lets reads and writes return at once.
void rota_nonblocking(int descriptor);

/// A descriptor that can be read from when a child has ended, or -1 if the system has none.
int rota_child_watch(pid_t pid);

/// 1 if a child has ended and is kept, 0 if it runs, and -1 if there is no such child, because others took its status.
int rota_child_has_ended(pid_t pid);

/// Forgets a child that has ended.
///
/// One of `status` and `signal` is set, and the other one is -1.
int rota_child_reap(pid_t pid, int *status, int *signal);

/// Whether anything runs in the process group of a child that has been forgotten.
///
/// What has ended and is not reaped by its parent does not count. A process of the group that came to this process,
/// because this is the first of its container, is reaped.
int rota_group_is_left(pid_t group);

/// Whether the statuses of children are lost, because this process ignores SIGCHLD.
int rota_children_are_ignored(void);

/// Starts a thread that no signal interrupts.
int rota_thread_start(void *(*body)(void *), void *argument);

#endif
