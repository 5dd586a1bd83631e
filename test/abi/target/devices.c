/* Device numbers and device memory with no device but the host.
 * not by Clang: declares these routines in another library
 */
#include "../check.h"
#include <errno.h>

int main(void)
{
    int host = omp_get_initial_device();
    CHECK(omp_get_num_devices() == 0 && host == 0, "host is %d", host);
    CHECK(omp_get_default_device() == 0 && omp_is_initial_device() == 1, "default device");
    CHECK(omp_get_device_num() == host, "device %d", omp_get_device_num());
    omp_set_default_device(3);
    CHECK(omp_get_default_device() == 3, "default device %d", omp_get_default_device());
#pragma omp parallel num_threads(2)
    {
        CHECK(omp_get_default_device() == 3, "inherited %d", omp_get_default_device());
        omp_set_default_device(omp_get_thread_num() + 5);
        CHECK(omp_get_default_device() == omp_get_thread_num() + 5, "not one's own");
    }
    CHECK(omp_get_default_device() == 3, "changed by others: %d", omp_get_default_device());
#pragma omp target
    CHECK(omp_is_initial_device(), "a region on device 3");
    omp_set_default_device(0);

    int x[24], y[24];
    for (int i = 0; i < 24; i++) {
        x[i] = i;
        y[i] = -1;
    }
    for (int d = host; d < 1; d++) {
        char *p = omp_target_alloc(100, d);
        CHECK(p, "no memory on %d", d);
        memset(p, 1, 100);
        CHECK(omp_target_is_present(p, d) && omp_target_is_present(x, d), "present on %d", d);
        omp_target_free(p, d);
        omp_target_free(NULL, d);
        CHECK(omp_target_associate_ptr(x, y, sizeof x, 0, d) == EINVAL, "associate on %d", d);
        CHECK(omp_target_disassociate_ptr(x, d) == EINVAL, "disassociate on %d", d);
        CHECK(omp_target_memcpy(y, x, 8, 4, 8, d, host) == 0, "memcpy on %d", d);
        CHECK(y[0] == -1 && y[1] == 2 && y[2] == 3 && y[3] == -1, "memcpy: %d %d", y[1], y[2]);
        y[1] = y[2] = -1;
    }
    for (int d = 1; d < 100; d += 33) {
        CHECK(!omp_target_alloc(8, d) && !omp_target_is_present(x, d), "device %d", d);
        CHECK(omp_target_memcpy(y, x, 8, 0, 0, d, host) == EINVAL, "memcpy to %d", d);
        CHECK(omp_target_memcpy(y, x, 8, 0, 0, host, d) == EINVAL, "memcpy from %d", d);
        CHECK(omp_target_associate_ptr(x, y, 4, 0, d) == EINVAL, "associate on %d", d);
        omp_target_free(NULL, d);
    }
    CHECK(y[0] == -1, "copied from nowhere");

    /* A 2 x 1 x 2 part of a 2 x 3 x 4 array into one of 3 x 2 x 4. */
    size_t volume[] = {2, 1, 2}, to[] = {1, 1, 0}, from[] = {0, 2, 1};
    size_t to_dim[] = {3, 2, 4}, from_dim[] = {2, 3, 4};
    CHECK(omp_target_memcpy_rect(NULL, NULL, 0, 0, 0, 0, 0, 0, 0, host, host) >= 3, "dimensions");
    CHECK(omp_target_memcpy_rect(y, x, sizeof(int), 3, volume, to, from, to_dim, from_dim,
                                 host, host) == 0, "rect");
    for (int i = 0; i < 24; i++) {
        int wanted = i == 12 ? 9 : i == 13 ? 10 : i == 20 ? 21 : i == 21 ? 22 : -1;
        CHECK(y[i] == wanted, "y[%d] is %d", i, y[i]);
    }
    CHECK(omp_target_memcpy_rect(y, x, 4, 1, volume, to, from, to_dim, from_dim, 7, host) == EINVAL,
          "rect to 7");
    size_t huge[] = {SIZE_MAX};
    CHECK(omp_target_memcpy_rect(y, x, 4, 1, huge, to, from, to_dim, from_dim, host, host) == EINVAL,
          "rect of too much");
    return 0;
}
