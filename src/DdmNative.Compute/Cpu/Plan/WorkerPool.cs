using System.Runtime.ExceptionServices;

namespace DdmNative.Compute.Cpu;

/// <summary>
/// Threads that run the items of one job after another: each takes the next item when it is free. Which thread takes which item is not
/// deterministic, so results may depend only on the item, never on the thread.
/// </summary>
internal sealed class WorkerPool : IDisposable
{
    /// <summary>
    /// Iterations that a worker spins for the next job before it sleeps: a plan's phases follow each other within microseconds.
    /// </summary>
    private const int SpinRounds = 2000;

    private readonly Thread[] _helpers;
    private readonly SemaphoreSlim _wake = new(0);

    /// <summary>
    /// Pulsed when the last helper has finished. (A <see cref="ManualResetEventSlim"/> would allocate at the first wait.)
    /// </summary>
    private readonly object _finished = new();
    private Action<int, int>? _job;
    private Exception? _failure;
    private int _itemCount;
    private int _nextItem;
    private int _running;
    private volatile int _generation;
    private volatile bool _stopping;

    /// <param name="threads">Threads that work, the caller's included.</param>
    public WorkerPool(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Threads = threads;
        _helpers = new Thread[threads - 1];
        for (int i = 0; i < _helpers.Length; i++)
        {
            int worker = i + 1;
            _helpers[i] = new Thread(() => Serve(worker)) { IsBackground = true, Name = $"ddm worker {worker}" };
            _helpers[i].Start();
        }
    }

    public int Threads { get; }

    /// <summary>Calls <paramref name="body"/>(worker, item) for every item in 0..count−1 and returns when all are done.</summary>
    /// <remarks>An item that fails ends the job; its exception is thrown here.</remarks>
    public void Run(int count, Action<int, int> body)
    {
        if (_helpers.Length == 0 || count == 1)
        {
            for (int item = 0; item < count; item++)
                body(0, item);
            return;
        }
        _job = body;
        _itemCount = count;
        _nextItem = 0;
        _failure = null;
        _running = _helpers.Length;
        _generation++;
        _wake.Release(_helpers.Length);
        Work(0);
        SpinWait spin = default;
        for (int round = 0; round < SpinRounds && Volatile.Read(ref _running) != 0; round++)
            spin.SpinOnce(sleep1Threshold: -1);
        if (Volatile.Read(ref _running) != 0)
            WaitForHelpers();
        _job = null;
        if (_failure is not null)
            ExceptionDispatchInfo.Throw(_failure);
    }

    public void Dispose()
    {
        _stopping = true;
        _wake.Release(Math.Max(1, _helpers.Length));
        foreach (Thread helper in _helpers)
            helper.Join();
        _wake.Dispose();
    }

    private void WaitForHelpers()
    {
        lock (_finished)
        {
            while (_running != 0)
                Monitor.Wait(_finished);
        }
    }

    private void Serve(int worker)
    {
        while (true)
        {
            int seen = _generation;
            SpinWait spin = default;
            for (int round = 0; round < SpinRounds && _wake.CurrentCount == 0 && _generation == seen; round++)
                spin.SpinOnce(sleep1Threshold: -1);
            _wake.Wait();
            if (_stopping)
                return;
            Work(worker);
            if (Interlocked.Decrement(ref _running) != 0)
                continue;
            lock (_finished)
                Monitor.PulseAll(_finished);
        }
    }

    private void Work(int worker)
    {
        try
        {
            Action<int, int> body = _job!;
            int item;
            while ((item = Interlocked.Increment(ref _nextItem) - 1) < _itemCount)
                body(worker, item);
        }
        catch (Exception problem)
        {
            Interlocked.CompareExchange(ref _failure, problem, null);
            Interlocked.Exchange(ref _nextItem, _itemCount);
        }
    }
}
