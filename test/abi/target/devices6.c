/* ours only: device routines that GCC 12's library does not have.
 * not by Clang: declares these routines in another library
 */
#include "../check.h"
#include <errno.h>

extern int omp_target_is_accessible(const void *, size_t, int);
extern void *omp_get_mapped_ptr(const void *, int);
extern int omp_get_device_from_uid(const char *);
extern const char *omp_get_uid_from_device(int);
extern void *omp_target_memset(void *, int, size_t, int);
extern void *omp_target_memset_async(void *, int, size_t, int, int, omp_depend_t *);
extern int omp_target_memcpy_async(void *, const void *, size_t, size_t, size_t, int, int, int,
                                   omp_depend_t *);
extern int omp_target_memcpy_rect_async(void *, const void *, size_t, int, const size_t *,
                                        const size_t *, const size_t *, const size_t *,
                                        const size_t *, int, int, int, omp_depend_t *);
extern void *GOMP_target_map_indirect_ptr(void *);
extern void omp_get_uid_from_device_(const char **, size_t *, int);
extern void omp_get_uid_from_device_8_(const char **, size_t *, int64_t);
extern int omp_get_device_from_uid_(const char *, size_t);
extern void omp_set_default_device_(const int32_t *);
extern void omp_set_default_device_8_(const int64_t *);
extern int omp_get_default_device_(void);

static void later(int size)
{
    size_t volume[] = {2, 3}, zero[] = {0, 0}, dims[] = {4, 5};
    int x = 1, y = 0, z = 0, a[20], b[20], bytes = 0;
    omp_depend_t object;
#pragma omp depobj(object) depend(inout: x)
#pragma omp parallel num_threads(size)
#pragma omp single
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 20; i++) {
            a[i] = i;
            b[i] = -1;
        }
#pragma omp task depend(out: x) shared(x)
        {
            usleep(100);
            x = round + 10;
        }
        CHECK(omp_target_memcpy_async(&y, &x, sizeof x, 0, 0, 0, -1, 1, &object) == 0, "async");
#pragma omp task depend(inout: x) shared(y, z)
        z = y;
        CHECK(omp_target_memset_async(&bytes, 0x11, 4, 0, 1, &object) == &bytes, "memset");
        CHECK(omp_target_memcpy_rect_async(b, a, sizeof(int), 2, volume, zero, zero, dims, dims,
                                           0, 0, 1, &object) == 0, "rect async");
#pragma omp taskwait
        CHECK(y == round + 10 && z == y, "round %d: y %d z %d", round, y, z);
        CHECK(bytes == 0x11111111, "memset: %x", bytes);
        for (int i = 0; i < 20; i++)
            CHECK(b[i] == (i < 10 && i % 5 < 3 ? i : -1), "b[%d] is %d", i, b[i]);
        CHECK(omp_target_memcpy_async(&z, &round, 4, 0, 0, 0, 0, 0, NULL) == 0, "no objects");
#pragma omp taskwait
        CHECK(z == round, "z %d", z);
    }
#pragma omp depobj(object) destroy
    CHECK(omp_target_memcpy_async(&y, &x, 4, 0, 0, 9, 0, 0, NULL) == EINVAL, "to 9");
    CHECK(omp_target_memcpy_rect_async(NULL, NULL, 4, 2, volume, zero, zero, dims, dims, 0, 0, 0,
                                       NULL) >= 3, "dimensions");
    CHECK(omp_target_memcpy_rect_async(b, a, 4, 2, volume, zero, zero, dims, dims, 0, 9, 0, NULL)
              == EINVAL, "from 9");
}

int main(void)
{
    int x = 0, d[] = {0, -1, -5};
    for (int i = 0; i < 3; i++) {
        CHECK(omp_get_mapped_ptr(&x, d[i]) == &x, "mapped on %d", d[i]);
        CHECK(omp_target_is_accessible(&x, 4, d[i]) == 1, "accessible on %d", d[i]);
        CHECK(!omp_target_is_accessible(&x, 0, d[i]), "nothing is accessible on %d", d[i]);
        CHECK(!omp_target_is_present(NULL, d[i]), "null is present on %d", d[i]);
        CHECK(!strcmp(omp_get_uid_from_device(d[i]), "OMP_INITIAL_DEVICE"), "uid of %d", d[i]);
        CHECK(omp_target_memset(&x, 0x101 + i, 4, d[i]) == &x, "memset on %d", d[i]);
        CHECK(x == 0x01010101 * (i + 1), "memset: %x", x);
    }
    CHECK(!omp_get_mapped_ptr(&x, 2) && !omp_target_is_accessible(&x, 4, 2), "device 2");
    CHECK(!omp_get_uid_from_device(1) && !omp_get_uid_from_device(-4), "uid of none");
    CHECK(omp_get_device_from_uid("OMP_INITIAL_DEVICE") == -1, "the host's uid");
    CHECK(omp_get_device_from_uid("GPU") == -4, "another uid");
    CHECK(omp_get_device_from_uid("") == -4, "no uid");
    const char *text;
    size_t length;
    omp_get_uid_from_device_(&text, &length, -1);
    CHECK(length == 18 && !memcmp(text, "OMP_INITIAL_DEVICE", 18), "uid in Fortran");
    CHECK(omp_get_device_from_uid_(text, length) == -1, "back in Fortran");
    CHECK(omp_get_device_from_uid_(text, length - 1) == -4, "a shorter one in Fortran");
    omp_get_uid_from_device_8_(&text, &length, INT64_C(1) << 32);
    CHECK(!text && length == 0, "uid of no device in Fortran");
    omp_set_default_device_(&(int32_t){4});
    CHECK(omp_get_default_device_() == 4, "default device in Fortran");
    omp_set_default_device_8_(&(int64_t){INT64_C(1) << 40});
    CHECK(omp_get_default_device_() == INT_MAX, "8-byte default device");
    omp_set_default_device(2);
    omp_set_default_device(-5);
    CHECK(omp_get_default_device() == 2, "omp_default_device was set");
    CHECK(!omp_get_mapped_ptr(&x, -5), "the default device is not the host now");
    CHECK(GOMP_target_map_indirect_ptr((void *)&main) == (void *)&main, "indirect call");
    later(omp_get_max_threads());
    return 0;
}
