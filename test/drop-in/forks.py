"""multiprocessing by fork beside threads that compute: the workers' children compute too.

usage: forks.py KERNEL.so PROCESSES (run with the runtime preloaded)
"""
import ctypes
import multiprocessing
import os
import sys
import threading

kernel = ctypes.CDLL(sys.argv[1])
kernel.sum.restype = kernel.task_sum.restype = ctypes.c_long
kernel.sum.argtypes = [ctypes.c_long, ctypes.POINTER(ctypes.c_int)]
kernel.task_sum.argtypes = [ctypes.c_long]
THREADS = int(os.environ["OMP_NUM_THREADS"])


def compute(n):
    """All of the kernel, with a full team."""
    team = ctypes.c_int()
    right = n * (n - 1) // 2
    total = kernel.sum(n, ctypes.byref(team))
    return total == right and kernel.task_sum(n) == right and team.value == THREADS


def child(n):
    sys.exit(0 if all(compute(n + i) for i in range(3)) else 3)


def main():
    processes = int(sys.argv[2])
    over = threading.Event()

    def busy():
        while not over.is_set():
            compute(2000)  # without Python's lock, which ctypes gives back

    threads = [threading.Thread(target=busy) for _ in range(2)]
    for thread in threads:
        thread.start()
    fork = multiprocessing.get_context("fork")
    failed = []
    for i in range(processes):
        process = fork.Process(target=child, args=(1000 + i % 7,))
        process.start()
        process.join(180)
        if process.exitcode != 0:
            failed.append((i, process.exitcode))
            process.kill()
            break
    if not failed:
        with fork.Pool(3) as pool:
            if not all(pool.map(compute, range(500, 540))):
                failed.append("pool")
    over.set()
    for thread in threads:
        thread.join()
    if failed:
        sys.exit(f"failed: {failed}")
    print(processes, "processes")


main()
