#define _GNU_SOURCE
#include "CRotaCommands.h"

#include <errno.h>

#ifdef __APPLE__
#include <TargetConditionals.h>
#endif

#if defined(__linux__) || (defined(__APPLE__) && TARGET_OS_OSX)

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <dirent.h>
#include <sys/syscall.h>
#else
#include <sys/event.h>
#endif

#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#define GLIBC_HAS(minor) __GLIBC_PREREQ(2, minor)
#else
#define GLIBC_HAS(minor) 0
#endif

// MARK: Descriptors

/// Moves a descriptor out of the way of 0, 1 and 2, which a host may have closed.
static int above_standard(int descriptor) {
    if (descriptor > 2) return descriptor;
    int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
    int error = errno;
    close(descriptor);
    errno = error;
    return moved;
}

int rota_pipe_open(int ends[2]) {
#ifdef __linux__
    if (pipe2(ends, O_CLOEXEC) != 0) return errno;
#else
    if (pipe(ends) != 0) return errno;
    for (int end = 0; end < 2; end++) fcntl(ends[end], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETNOSIGPIPE, 1);
#endif
    for (int end = 0; end < 2; end++) {
        ends[end] = above_standard(ends[end]);
        if (ends[end] >= 0) continue;
        int error = errno;
        close(ends[1 - end]);
        return error;
    }
    return 0;
}

void rota_nonblocking(int descriptor) {
    fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
}

// MARK: Starting

#if defined(__linux__) && (!GLIBC_HAS(34) || defined(ROTA_WITHOUT_CLOSEFROM))
/// Closes every descriptor that is open now, where the system cannot close those that are open then.
static int close_others(posix_spawn_file_actions_t *actions) {
    DIR *folder = opendir("/proc/self/fd");
    if (!folder) return errno;
    int error = 0;
    for (struct dirent *entry; !error && (entry = readdir(folder));) {
        int descriptor = atoi(entry->d_name);
        if (descriptor > 2 && descriptor != dirfd(folder))
            error = posix_spawn_file_actions_addclose(actions, descriptor);
    }
    closedir(folder);
    return error;
}
#elif defined(__linux__)
static int close_others(posix_spawn_file_actions_t *actions) {
    return posix_spawn_file_actions_addclosefrom_np(actions, 3);
}
#else
// POSIX_SPAWN_CLOEXEC_DEFAULT does it.
static int close_others(posix_spawn_file_actions_t *actions) {
    (void)actions;
    return 0;
}
#endif

static int set_folder(posix_spawn_file_actions_t *actions, const char *folder) {
#if defined(__APPLE__) || !defined(__GLIBC__) || GLIBC_HAS(29)
    return posix_spawn_file_actions_addchdir_np(actions, folder);
#else
    (void)actions, (void)folder;
    return ENOSYS;
#endif
}

static int set_actions(posix_spawn_file_actions_t *actions, const rota_program *program) {
    int error = program->input < 0 ? posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0)
                                   : posix_spawn_file_actions_adddup2(actions, program->input, 0);
    if (!error) error = posix_spawn_file_actions_adddup2(actions, program->output, 1);
    if (!error) error = posix_spawn_file_actions_adddup2(actions, program->error_output, 2);
    if (!error) error = close_others(actions);
    if (!error && program->folder) error = set_folder(actions, program->folder);
    return error;
}

static int set_attributes(posix_spawnattr_t *attributes) {
    sigset_t none, defaults;
    sigemptyset(&none);
    sigfillset(&defaults);
    sigdelset(&defaults, SIGKILL);
    sigdelset(&defaults, SIGSTOP);
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID;
#ifdef __APPLE__
    flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;
#endif
    int error = posix_spawnattr_setsigmask(attributes, &none);
    if (!error) error = posix_spawnattr_setsigdefault(attributes, &defaults);
    if (!error) error = posix_spawnattr_setflags(attributes, flags);
    return error;
}

int rota_program_start(const rota_program *program, pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) return error;
    error = posix_spawnattr_init(&attributes);
    if (!error) {
        error = set_actions(&actions, program);
        if (!error) error = set_attributes(&attributes);
        if (!error)
            error = posix_spawn(
                pid, program->executable, &actions, &attributes, program->arguments, program->environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

// MARK: Ending

int rota_child_watch(pid_t pid) {
#ifdef __linux__
#ifdef SYS_pidfd_open
    return above_standard((int)syscall(SYS_pidfd_open, pid, 0));
#else
    return above_standard((int)syscall(434, pid, 0));
#endif
#else
    int queue = kqueue();
    if (queue < 0) return -1;
    fcntl(queue, F_SETFD, FD_CLOEXEC);
    struct kevent event;
    EV_SET(&event, pid, EVFILT_PROC, EV_ADD | EV_ONESHOT, NOTE_EXIT, 0, NULL);
    if (kevent(queue, &event, 1, NULL, 0, NULL) == 0) return queue;
    close(queue);
    return -1;
#endif
}

int rota_child_has_ended(pid_t pid) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    int result;
    do result = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT);
    while (result != 0 && errno == EINTR);
    if (result != 0) return -1;
    return info.si_pid == pid;
}

int rota_child_reap(pid_t pid, int *status, int *signal) {
    int ending = 0;
    *status = *signal = -1;
    pid_t result;
    do result = waitpid(pid, &ending, WNOHANG);
    while (result < 0 && errno == EINTR);
    if (result < 0) return errno;
    if (result == 0) return EBUSY;
    if (WIFSIGNALED(ending)) *signal = WTERMSIG(ending);
    else *status = WEXITSTATUS(ending);
    return 0;
}

#ifdef __linux__
/// Whether the process is in the group and has not ended.
static int is_left(const char *process, pid_t group) {
    char path[64], stat[512];
    snprintf(path, sizeof path, "/proc/%s/stat", process);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    // A process that is gone, or one that this user may not see.
    if (file < 0) return errno == EMFILE || errno == ENFILE || errno == ENOMEM;
    ssize_t count = read(file, stat, sizeof stat - 1);
    close(file);
    if (count <= 0) return 0;
    stat[count] = 0;
    // The name stands in parentheses, and may contain some.
    const char *end = strrchr(stat, ')');
    char state = 0;
    int parent = 0, its_group = 0;
    if (!end || sscanf(end + 1, " %c %d %d", &state, &parent, &its_group) != 3) return 0;
    return its_group == group && state != 'Z' && state != 'X';
}
#endif

int rota_group_is_left(pid_t group) {
    while (waitpid(-group, NULL, WNOHANG) > 0) {}
    if (kill(-group, 0) != 0 && errno == ESRCH) return 0;
#ifdef __linux__
    // In a container there may be nobody who reaps what has ended.
    DIR *folder = opendir("/proc");
    if (!folder) return 1;
    int found = 0;
    for (struct dirent *entry; !found && (entry = readdir(folder));) {
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') found = is_left(entry->d_name, group);
    }
    closedir(folder);
    return found;
#else
    return 1;
#endif
}

int rota_children_are_ignored(void) {
    struct sigaction action;
    if (sigaction(SIGCHLD, NULL, &action) != 0) return 0;
    return action.sa_handler == SIG_IGN || (action.sa_flags & SA_NOCLDWAIT) != 0;
}

int rota_thread_start(void *(*body)(void *), void *argument) {
    sigset_t all, earlier;
    sigfillset(&all);
    int error = pthread_sigmask(SIG_SETMASK, &all, &earlier);
    if (error) return error;
    pthread_t thread;
    error = pthread_create(&thread, NULL, body, argument);
    if (!error) pthread_detach(thread);
    pthread_sigmask(SIG_SETMASK, &earlier, NULL);
    return error;
}

#else

int rota_program_start(const rota_program *program, pid_t *pid) { (void)program, (void)pid; return ENOSYS; }
int rota_pipe_open(int ends[2]) { (void)ends; return ENOSYS; }
void rota_nonblocking(int descriptor) { (void)descriptor; }
int rota_child_watch(pid_t pid) { (void)pid; return -1; }
int rota_child_has_ended(pid_t pid) { (void)pid; return -1; }
int rota_child_reap(pid_t pid, int *status, int *signal) { (void)pid, (void)status, (void)signal; return ENOSYS; }
int rota_group_is_left(pid_t group) { (void)group; return 0; }
int rota_children_are_ignored(void) { return 0; }
int rota_thread_start(void *(*body)(void *), void *argument) { (void)body, (void)argument; return ENOSYS; }

#endif
