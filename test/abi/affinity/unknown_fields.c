/* ours only
 * A field that the implementation does not know is "undefined", as the specification says
 * (libgomp ends the program). A zero without a dot is ignored, as by libomp.
 */
#include "../check.h"

static void captures(const char *format, const char *expected)
{
    char text[200];
    size_t length = omp_capture_affinity(text, sizeof text, format);
    CHECK(length == strlen(expected) && strcmp(text, expected) == 0, "%s: %s", format, text);
}

int main(void)
{
    captures("%q %{foobar}", "undefined undefined");
    captures("|%.11q|%11{no_field}|", "|  undefined|undefined  |");
    captures("|%04n|", "|0   |");
    return 0;
}
