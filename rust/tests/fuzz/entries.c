/*
 * Calls entries with any arguments, each call in its own process.
 *
 * A line of stdin is one call: the symbol, its version node, the number of threads
 * that call it, and up to 13 arguments. An argument is a number or one of
 *
 *     z        memory of zeros
 *     t        a text
 *     f        a function that does nothing
 *     q<n>     memory full of the number n
 *
 * The memory ends where an inaccessible page begins. The answer is a line too:
 * "exit <status>", "signal <number>" or "missing", then the size of the call's output,
 * and then the output itself.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <omp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST 13
#define ROOM 4096

/* Seconds after which a call counts as hanging. */
#define PATIENCE 60

/* Most bytes that a call may map, and may print. */
#define MEMORY (1ul << 30)
#define TALK 100000

typedef uintptr_t word;
typedef word (*entry)(word, word, word, word, word, word, word, word, word, word, word, word, word);

static void nothing(void) { }

static void *memory(void)
{
    char *pages = mmap(NULL, 2 * ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || mprotect(pages + ROOM, ROOM, PROT_NONE))
        exit(90);
    return pages;
}

static word argument(const char *text)
{
    if (*text == 'f')
        return (word) nothing;
    if (*text == '-' || (*text >= '0' && *text <= '9'))
        return *text == '-' ? (word) strtoll(text, NULL, 10) : strtoull(text, NULL, 10);
    word *room = memory();
    if (*text == 't')
        strcpy((char *) room, "a text, %n and %5A and %%");
    if (*text == 'q')
        for (unsigned i = 0; i < ROOM / sizeof *room; i++)
            room[i] = argument(text + 1);
    return (word) room;
}

static void call(entry function, int threads, char *rest)
{
    word a[MOST] = { 0 };
    int count = 0;
    for (char *text; count < MOST && (text = strtok(rest, " \n")); rest = NULL)
        a[count++] = argument(text);
    struct rlimit space = { MEMORY, MEMORY }, none = { 0, 0 };
    if (setrlimit(RLIMIT_AS, &space) || setrlimit(RLIMIT_CORE, &none))
        exit(90);
    alarm(PATIENCE);
    if (threads == 0)
        function(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11], a[12]);
    else
        #pragma omp parallel num_threads(threads)
        function(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11], a[12]);
    exit(0);
}

int main(void)
{
    char *line = NULL, *said = malloc(TALK);
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0) {
        char name[100], node[100];
        int threads, rest, ends[2];
        if (sscanf(line, "%99s %99s %d%n", name, node, &threads, &rest) != 3)
            return 90;
        entry function = (entry) (strcmp(node, "-") ? dlvsym(RTLD_DEFAULT, name, node) : dlsym(RTLD_DEFAULT, name));
        if (!function) {
            printf("missing 0 0\n");
            fflush(stdout);
            continue;
        }
        if (pipe(ends))
            return 91;
        pid_t child = fork();
        if (child == 0) {
            dup2(ends[1], 1);
            dup2(ends[1], 2);
            close(ends[0]);
            close(ends[1]);
            call(function, threads, line + rest);
        }
        if (child < 0)
            return 92;
        close(ends[1]);
        size_t have = 0;
        ssize_t more;
        while (have < TALK && (more = read(ends[0], said + have, TALK - have)) > 0)
            have += more;
        if (have == TALK)
            kill(child, SIGKILL);
        close(ends[0]);
        int status;
        if (waitpid(child, &status, 0) != child)
            return 93;
        if (WIFEXITED(status))
            printf("exit %d %zu\n", WEXITSTATUS(status), have);
        else
            printf("signal %d %zu\n", WTERMSIG(status), have);
        fwrite(said, 1, have, stdout);
        fflush(stdout);
    }
    return 0;
}
