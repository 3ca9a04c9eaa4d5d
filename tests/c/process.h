/* What this process has, as /proc says. Calls nothing of the library's, so that tests may include it which load one. */
#ifndef PROCESS_H
#define PROCESS_H

#include <dirent.h>
#include <stdio.h>
#include <string.h>

/* Whether a thread has ended. It is in /proc for a moment still: the kernel tells whoever waits for a thread before it
 * takes it out. */
static inline int test_thread_has_ended(const char *id)
{
    static const unsigned long exiting = 4; /* PF_EXITING, the kernel's */
    char path[300], text[512];
    const char *behind_name;
    unsigned long flags;
    FILE *file;
    snprintf(path, sizeof path, "/proc/self/task/%s/stat", id);
    file = fopen(path, "r");
    if (!file) return 1;
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    behind_name = strrchr(text, ')');
    if (!behind_name || sscanf(behind_name, ") %*c %*d %*d %*d %*d %*d %lu", &flags) != 1) return 1;
    return (flags & exiting) != 0;
}

/* Threads that have not ended. */
static inline int test_threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    struct dirent *task;
    int count = 0;
    while (tasks && (task = readdir(tasks)) != NULL) {
        if (task->d_name[0] != '.' && !test_thread_has_ended(task->d_name)) count++;
    }
    if (tasks) closedir(tasks);
    return count;
}

/* Descriptors that are open. */
static inline int test_descriptors(void)
{
    DIR *open = opendir("/proc/self/fd");
    int count = 0;
    while (open && readdir(open)) count++;
    if (open) closedir(open);
    return count - 3; /* ".", ".." and the one that counts */
}

#endif
