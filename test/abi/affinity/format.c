/* affinity-format-var, omp_capture_affinity and its fields. */
#include "../check.h"

static void captures(const char *format, const char *expected)
{
    char text[200];
    size_t length = omp_capture_affinity(text, sizeof text, format);
    CHECK(length == strlen(expected) && strcmp(text, expected) == 0, "%s: %s", format, text);
}

int main(void)
{
    char text[100], expected[100];
    CHECK(omp_get_affinity_format(text, sizeof text) == 30, "length");
    CHECK(strcmp(text, "level %L thread %i affinity %A") == 0, "%s", text);
    memset(text, 'x', sizeof text);
    CHECK(omp_get_affinity_format(text, 6) == 30 && strcmp(text, "level") == 0, "%s", text);
    CHECK(omp_get_affinity_format(NULL, 0) == 30, "length");

    captures("%n%%%{thread_num}", "0%0");
    captures("[%L|%3n|%.3N|%0.3a]", "[0|0  |  1|-01]");
    captures("%t %T", "0 1");
    snprintf(expected, sizeof expected, "%d %010d", (int)getpid(), (int)getpid());
    captures("%P %0.10{process_id}", expected);
    gethostname(expected, sizeof expected);
    captures("%H", expected);

    omp_set_affinity_format("<%n of %N at %L, %a>");
    captures("", "<0 of 1 at 0, -1>");
    captures(NULL, "<0 of 1 at 0, -1>");
    memset(text, 'x', sizeof text);
    CHECK(omp_capture_affinity(text, 6, NULL) == 17 && strcmp(text, "<0 of") == 0, "%s", text);
    CHECK(omp_capture_affinity(NULL, 0, "%L%L%L") == 3, "length");
#pragma omp parallel
    {
        char mine[100], right[100];
        omp_capture_affinity(mine, sizeof mine, NULL);
        snprintf(right, sizeof right, "<%d of %d at 1, 0>", omp_get_thread_num(),
                 omp_get_num_threads());
        CHECK(strcmp(mine, right) == 0, "%s, not %s", mine, right);
        omp_capture_affinity(mine, sizeof mine, "%0.20i");
        CHECK(strlen(mine) == 20 && strncmp(mine, "0x00", 4) == 0, "%s", mine);
    }
    return 0;
}
