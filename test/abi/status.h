/* Numbers that the kernel tells of the process. */
#ifndef STATUS_H
#define STATUS_H

#include "check.h"

/* The number at this name, which ends in a colon, in /proc/self/status. */
static inline long status(const char *name)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    long value = 0;

    CHECK(file, "no /proc/self/status");
    while (fgets(line, sizeof line, file))
        if (!strncmp(line, name, strlen(name)))
            value = atol(line + strlen(name));
    fclose(file);
    return value;
}

/* The threads of the process. */
static inline int threads(void)
{
    return (int)status("Threads:");
}

#endif
