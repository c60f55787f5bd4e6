using System.Runtime.ExceptionServices;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Threads that run the items of one job after another: each takes the next item when it is free. Which thread takes which item is left to
/// chance; results may therefore depend only on the item, never on the thread.
/// </summary>
internal sealed class WorkerPool : IDisposable
{
    /// <summary>Rounds a worker spins for the next job before it sleeps: a plan's phases follow each other within microseconds.</summary>
    private const int SpinRounds = 2000;

    private readonly Thread[] helpers;
    private readonly SemaphoreSlim wake = new(0);

    /// <summary>Pulsed when the last helper is done. (A <see cref="ManualResetEventSlim"/> would allocate when it is first waited for.)</summary>
    private readonly object finished = new();
    private Action<int, int>? job;
    private Exception? failure;
    private int itemCount;
    private int nextItem;
    private int running;
    private volatile int generation;
    private volatile bool stopping;

    /// <param name="threads">Threads that work, the caller's included.</param>
    public WorkerPool(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Threads = threads;
        helpers = new Thread[threads - 1];
        for (int i = 0; i < helpers.Length; i++)
        {
            int worker = i + 1;
            helpers[i] = new Thread(() => Serve(worker)) { IsBackground = true, Name = $"ddm worker {worker}" };
            helpers[i].Start();
        }
    }

    public int Threads { get; }

    /// <summary>Calls <paramref name="body"/>(worker, item) for every item in 0..count−1 and returns when all are done.</summary>
    /// <remarks>An item that fails ends the job; its exception is thrown here.</remarks>
    public void Run(int count, Action<int, int> body)
    {
        if (helpers.Length == 0 || count == 1)
        {
            for (int item = 0; item < count; item++)
                body(0, item);
            return;
        }
        job = body;
        itemCount = count;
        nextItem = 0;
        failure = null;
        running = helpers.Length;
        generation++;
        wake.Release(helpers.Length);
        Work(0);
        SpinWait spin = default;
        for (int round = 0; round < SpinRounds && Volatile.Read(ref running) != 0; round++)
            spin.SpinOnce(sleep1Threshold: -1);
        if (Volatile.Read(ref running) != 0)
            WaitForHelpers();
        job = null;
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);
    }

    public void Dispose()
    {
        stopping = true;
        wake.Release(Math.Max(1, helpers.Length));
        foreach (Thread helper in helpers)
            helper.Join();
        wake.Dispose();
    }

    private void WaitForHelpers()
    {
        lock (finished)
        {
            while (running != 0)
                Monitor.Wait(finished);
        }
    }

    private void Serve(int worker)
    {
        while (true)
        {
            int seen = generation;
            SpinWait spin = default;
            for (int round = 0; round < SpinRounds && wake.CurrentCount == 0 && generation == seen; round++)
                spin.SpinOnce(sleep1Threshold: -1);
            wake.Wait();
            if (stopping)
                return;
            Work(worker);
            if (Interlocked.Decrement(ref running) != 0)
                continue;
            lock (finished)
                Monitor.PulseAll(finished);
        }
    }

    private void Work(int worker)
    {
        try
        {
            Action<int, int> body = job!;
            int item;
            while ((item = Interlocked.Increment(ref nextItem) - 1) < itemCount)
                body(worker, item);
        }
        catch (Exception problem)
        {
            Interlocked.CompareExchange(ref failure, problem, null);
            Interlocked.Exchange(ref nextItem, itemCount);
        }
    }
}
