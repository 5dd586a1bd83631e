/*
 * Kernels that cut a text into words.  The caller decides what to do with a word.
 * The kernels know nothing of Haskell.  The threads divide the text into blocks, and a
 * word belongs to the block in which it begins.
 */
enum { block = 4096 };

static int letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80);
}

/* Returns the first byte of the next word that begins at *at or later, but before
 * end, or -1.  Moves *at behind the word. */
static long next_word(const char *text, long size, long end, long *at)
{
    while (*at < end && (!letter(text[*at]) || (*at > 0 && letter(text[*at - 1]))))
        ++*at;
    if (*at >= end)
        return -1;
    long begin = *at;
    while (*at < size && letter(text[*at]))
        ++*at;
    return begin;
}

/* Calls found(word, its bytes) for each word, in any order, from all threads of
 * the team. */
void each_word(const char *text, long size, void (*found)(const char *, long))
{
#pragma omp parallel for schedule(dynamic)
    for (long from = 0; from < size; from += block) {
        long end = size - from < block ? size : from + block, at = from, begin;
        while ((begin = next_word(text, size, end, &at)) >= 0)
            found(text + begin, at - begin);
    }
}

/* The sum of worth(word, its bytes) over all words. */
long sum_of_words(const char *text, long size, long (*worth)(const char *, long))
{
    long sum = 0;
#pragma omp parallel for schedule(dynamic) reduction(+ : sum)
    for (long from = 0; from < size; from += block) {
        long end = size - from < block ? size : from + block, at = from, begin;
        while ((begin = next_word(text, size, end, &at)) >= 0)
            sum += worth(text + begin, at - begin);
    }
    return sum;
}
