/* ours only: interoperability without a foreign runtime.
 * not by Clang: declares the routines with other types
 */
#include "../check.h"

typedef uintptr_t object;
extern int omp_get_num_interop_properties(object);
extern intptr_t omp_get_interop_int(object, int, int *);
extern void *omp_get_interop_ptr(object, int, int *);
extern const char *omp_get_interop_str(object, int, int *);
extern const char *omp_get_interop_name(object, int);
extern const char *omp_get_interop_type_desc(object, int);
extern const char *omp_get_interop_rc_desc(object, int);
extern void omp_get_interop_str_(const char **, size_t *, object, int, int *);
extern void omp_get_interop_name_(const char **, size_t *, object, int);
extern void omp_get_interop_type_desc_(const char **, size_t *, object, int);
extern void omp_get_interop_rc_desc_(const char **, size_t *, object, int);
extern void GOMP_interop(int, int, object **, const void *, const void *, int, object **, int,
                         object **, unsigned, void **);

static const char *const names[]
    = {"fr_id", "fr_name", "vendor", "vendor_name", "device_num", "platform", "device",
       "device_context", "targetsync"};

int main(void)
{
    const char *text;
    size_t length;
    CHECK(omp_get_num_interop_properties(0) == 0, "properties");
    for (int p = -12; p < 4; p++) {
        int known = p >= -9 && p < 0, wanted = known ? -1 : -2, rc[4] = {9, 9, 9, 9};
        CHECK(!omp_get_interop_int(0, p, &rc[0]) && !omp_get_interop_ptr(0, p, &rc[1])
                  && !omp_get_interop_str(0, p, &rc[2]), "property %d has a value", p);
        omp_get_interop_str_(&text, &length, 0, p, &rc[3]);
        for (int i = 0; i < 4; i++)
            CHECK(rc[i] == wanted, "property %d: code %d", p, rc[i]);
        CHECK(!text && !length, "property %d in Fortran", p);
        CHECK(!omp_get_interop_int(0, p, NULL) && !omp_get_interop_type_desc(0, p), "no code");
        const char *name = omp_get_interop_name(0, p);
        CHECK(known ? !strcmp(name, names[-1 - p]) : !name, "name of %d: %s", p, name);
        omp_get_interop_name_(&text, &length, 0, p);
        CHECK(text == name && length == (known ? strlen(name) : 0), "name of %d in Fortran", p);
        omp_get_interop_type_desc_(&text, &length, 0, p);
        CHECK(!text && !length, "type of %d in Fortran", p);
    }
    for (int code = -9; code < 5; code++) {
        const char *what = omp_get_interop_rc_desc(0, code);
        CHECK((code <= 1 && code >= -5) == (what && strlen(what) > 5), "code %d: %s", code, what);
        omp_get_interop_rc_desc_(&text, &length, 0, code);
        CHECK(text == what && length == (what ? strlen(what) : 0), "code %d in Fortran", code);
    }

    int wait = 0;
    void *depend[] = {(void *)1, (void *)1, &wait};
    object a = 1, b = 2, c = 3;
    object *made[] = {&a, &b}, *gone[] = {&c};
#pragma omp parallel
#pragma omp single
    {
#pragma omp task depend(out: wait) shared(wait)
        {
            usleep(1000);
            wait = 1;
        }
        GOMP_interop(-5, 2, made, NULL, NULL, 0, NULL, 1, gone, 0, depend);
        CHECK(wait == 1, "the construct did not wait");
    }
    CHECK(a == 0 && b == 0 && c == 0, "objects %d %d %d", (int)a, (int)b, (int)c);
    a = 5;
    made[0] = &a;
    GOMP_interop(0, 0, NULL, NULL, NULL, 1, made, 0, NULL, 1, NULL);
    CHECK(a == 5, "use changed the object");
    return 0;
}
