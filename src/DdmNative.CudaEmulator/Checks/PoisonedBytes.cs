namespace DdmNative.CudaEmulator.Checks;

/// <summary>
/// Bytes of shared or local memory into which poison was stored, each with the number of its origin. It need be queried only while there
/// are any.
/// </summary>
/// <param name="bytes">Size of the memory.</param>
internal sealed class PoisonedBytes(long bytes)
{
    private readonly long _length = bytes;
    private int[] _origins = [];

    /// <summary>Whether poison has been stored since the last <see cref="Begin"/>.</summary>
    public bool Any { get; private set; }

    public void Begin()
    {
        if (Any)
            Array.Clear(_origins);
        Any = false;
    }

    /// <summary>Poisons the bytes whose bits are set, starting at an offset.</summary>
    public void Set(long offset, uint which, int origin)
    {
        if (_origins.Length == 0)
            _origins = new int[_length];
        Any = true;
        for (int i = 0; i < 32; i++)
        {
            if ((which >> i & 1) != 0)
                _origins[offset + i] = origin;
        }
    }

    /// <summary>The bytes hold initialised values again.</summary>
    public void Clear(long offset, int count)
    {
        if (Any)
            _origins.AsSpan((int)offset, count).Clear();
    }

    /// <summary>A bit for each of up to 32 bytes from an offset on that is poisoned, and the origin of the first of them.</summary>
    public uint Find(long offset, int count, out int origin)
    {
        uint found = 0;
        origin = 0;
        for (int i = 0; i < count && Any; i++)
        {
            if (_origins[offset + i] == 0)
                continue;
            origin = found == 0 ? _origins[offset + i] : origin;
            found |= 1u << i;
        }

        return found;
    }
}
