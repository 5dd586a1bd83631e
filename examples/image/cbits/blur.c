/*
 * A blur, row by row: each value becomes the mean of the 5 x 5 values around it,
 * weighted by 1 4 6 4 1 in both directions.  Beyond its rim a picture repeats its
 * outermost values.
 */

static long within(long i, long n)
{
    return i < 0 ? 0 : i >= n ? n - 1 : i;
}

/* Pictures with this many channels, row after row, one byte per value. */
void blur(long width, long height, long channels, const unsigned char *in, unsigned char *out)
{
    static const int weight[5] = {1, 4, 6, 4, 1};
#pragma omp parallel for
    for (long y = 0; y < height; y++)
        for (long x = 0; x < width; x++)
            for (long c = 0; c < channels; c++) {
                int sum = 128;
                for (long v = -2; v <= 2; v++)
                    for (long u = -2; u <= 2; u++)
                        sum += weight[v + 2] * weight[u + 2] *
                               in[(within(y + v, height) * width + within(x + u, width)) * channels + c];
                out[(y * width + x) * channels + c] = (unsigned char)(sum >> 8);
            }
}
