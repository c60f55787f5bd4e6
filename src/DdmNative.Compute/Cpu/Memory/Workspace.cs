namespace DdmNative.Compute.Cpu;

/// <summary>
/// One thread's memory while it runs plans: transient tensors, what calls retain between the blocks of a member (packed filters, gradient
/// sums), and temporary buffers. Only one plan runs at a time, so that all plans share it.
/// </summary>
/// <param name="worker">The thread's number.</param>
internal sealed unsafe class Workspace(int worker) : IDisposable
{
    private AlignedMemory _memory = new(0);
    private long[] _keys = [];

    public int Worker { get; } = worker;

    public float* Start => _memory.Start;

    /// <summary>Buffers whose contents no later call reads.</summary>
    public float* Temporary { get; private set; }

    /// <summary>Allocates the floats of a plan and invalidates what the last plan retained.</summary>
    public void Prepare(long length, long temporaryOffset, int retainingCalls)
    {
        if (_memory.Length < length)
        {
            _memory.Dispose();
            _memory = new AlignedMemory(length);
        }
        Temporary = _memory.Start + temporaryOffset;
        if (_keys.Length < retainingCalls)
            _keys = new long[retainingCalls];
        Array.Fill(_keys, -1);
    }

    /// <summary>
    /// Whether the floats that a call retains are those of another member (or of none); from then on they count as this member's.
    /// </summary>
    public bool MustRenew(int callIndex, long key)
    {
        if (_keys[callIndex] == key)
            return false;
        _keys[callIndex] = key;
        return true;
    }

    public void Dispose() => _memory.Dispose();
}
