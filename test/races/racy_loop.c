/* A race: each iteration reads what another thread's may write. */
#define N 1000
static int a[N + 1];

int main(void)
{
#pragma omp parallel for
    for (int i = 0; i < N; i++)
        a[i] = a[i + 1] + 1;
    return 0;
}
